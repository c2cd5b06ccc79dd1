"""Checks of what is only known when the whole app is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import jsii
from constructs import IConstruct, IValidation

from neo_constructs.synth.jsii_cache import node_of


@jsii.implements(IValidation)
class LateCheck:
    """A check that the CDK makes before it writes the template."""

    def __init__(self, check: Callable[[], Iterable[str]]) -> None:
        self._check = check

    def validate(self) -> list[str]:
        """Return what is wrong."""
        return list(self._check())


def check_late(scope: IConstruct, check: Callable[[], Iterable[str]]) -> None:
    """Have a check made at synthesis; its messages fail the synthesis, each with a path."""
    node_of(scope).add_validation(LateCheck(check))
