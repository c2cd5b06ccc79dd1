"""Checks of a stack's template as the CDK has written it: overrides and all other resources in it.

The CDK makes a template after all validations, and then resolves the metadata of the stack's
constructs, for its manifest. So a check is the value of a metadata entry.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import jsii

_ENTRY: Final = "neo:templateBytes"


def check_written(stack: cdk.Stack, check: Callable[[bytes], None]) -> None:
    """Have a template checked; the synthesis fails with what the check raises."""
    size: Any = cdk.Lazy.any(_Checked(stack, check))
    stack.node.add_metadata(_ENTRY, size)


@jsii.implements(cdk.IStableAnyProducer)
class _Checked:
    def __init__(self, stack: cdk.Stack, check: Callable[[bytes], None]) -> None:
        self._stack, self._check = stack, check

    def produce(self) -> int:
        """Return the size of the template, checked."""
        stage = cdk.Stage.of(self._stack)
        assert stage is not None  # every stack is in a stage, the app at least
        written = (Path(stage.outdir) / self._stack.template_file).read_bytes()
        self._check(written)
        return len(written)
