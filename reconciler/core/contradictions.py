"""Declarations that cannot all be true: one logical name twice, or one output object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reconciler.core.declaration import Declaration
from reconciler.core.output import output_object


class PlanError(ValueError):
    """The declarations contradict each other: one logical name twice, or one output object."""


def refuse_contradictions(declarations: Sequence[Declaration]) -> None:
    """Raise PlanError if a name, or an output object, is declared twice."""
    names = Counter((each.owner, each.logical_name) for each in declarations)
    if twice := sorted(name for (_, name), count in names.items() if count > 1):
        raise PlanError(f"declared more than once: {', '.join(twice)}")
    outputs = Counter(output_object(each) for each in declarations)
    for declaration in declarations:
        target = output_object(declaration)
        if target is not None and outputs[target] > 1:
            others = [each.logical_name for each in declarations if output_object(each) == target]
            raise PlanError(
                f"{' and '.join(sorted(others))} would overwrite each other's artifact {target}; "
                "give them different output locations"
            )
