"""A value that is made once, when the template is rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import aws_cdk as cdk
import jsii


class LazyValue:
    """A value made by a function at the first rendering, and reused by later ones."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make
        self._made: Mapping[str, Any] | None = None

    def get(self) -> Mapping[str, Any]:
        """Return the value, made on the first call."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def part(self, name: str) -> Any:  # noqa: ANN401 - a CDK token
        """Return one member, as a token."""
        return cdk.Lazy.any(_Part(self, name))


@jsii.implements(cdk.IStableAnyProducer)
class _Part:
    def __init__(self, value: LazyValue, name: str) -> None:
        self._value, self._name = value, name

    def produce(self) -> Any:  # noqa: ANN401 - what CDK renders
        """Return the member as it is rendered."""
        return self._value.get()[self._name]
