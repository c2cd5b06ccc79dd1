"""One call of an operator, as the functions that convert it see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from neo_local.compiler.pnnx.graph import Operator, TensorType, Value
from neo_local.compiler.pnnx.writer import Refused, Writer


@dataclass(frozen=True, slots=True)
class OperatorCall:
    """An operator, the ONNX names of its inputs, and the model that is being written."""

    operator: Operator
    inputs: tuple[str, ...]
    writer: Writer

    @property
    def data(self) -> str:
        """The first input."""
        if not self.inputs:
            raise Refused(f"{self.operator.kind} without a tensor")
        return self.inputs[0]

    @property
    def source(self) -> TensorType:
        """The type of the first input."""
        return self.writer.type(self.operator.inputs[0])

    @property
    def result(self) -> TensorType:
        """The type of the first output."""
        return self.writer.type(self.operator.outputs[0])

    @property
    def results(self) -> list[TensorType]:
        """The types of all outputs."""
        return [self.writer.type(name) for name in self.operator.outputs]

    def argument(self, key: str) -> str:
        """Return the input given for an argument; "" if there is none."""
        name = self.operator.arguments.get(key)
        return "" if name is None else self.inputs[self.operator.inputs.index(name)]

    def weight(self, key: str) -> str:
        """Return a weight, whether it is the operator's own or an input; "" if there is none."""
        if key in self.operator.weights:
            return self.writer.weight(self.operator, key)
        return self.argument(key)

    def value(self, key: str) -> Value:
        """Return a parameter; None if it is not given."""
        return self.operator.parameters.get(key)

    def only(self, key: str, *allowed: Value) -> None:
        """Refuse values of a parameter other than these, and other than none."""
        value = self.value(key)
        if value is not None and value not in allowed:
            raise Refused(f"{self.operator.kind} with {key}={value}")

    def integer(self, key: str, default: int = 0) -> int:
        """Return a parameter that is a whole number. Raises Refused."""
        value = self.value(key)
        if value is None:
            return default
        if type(value) is not int:
            raise Refused(f"{self.operator.kind} with {key}={value}")
        return value

    def number(self, key: str, default: float) -> float:
        """Return a parameter that is a number. Raises Refused."""
        value = self.value(key)
        if value is None:
            return default
        if not isinstance(value, int | float):
            raise Refused(f"{self.operator.kind} with {key}={value}")
        return float(value)

    def integers(self, key: str, default: Sequence[int] = ()) -> list[int]:
        """Return a parameter that is a list of whole numbers, or one of them. Raises Refused."""
        value = self.value(key)
        if value is None:
            return list(default)
        values = value if isinstance(value, tuple) else (value,)
        if not all(type(one) is int for one in values):
            raise Refused(f"{self.operator.kind} with {key}={value}")
        return list(values)

    def axis(self, key: str = "dim", default: int = 0) -> int:
        """Return a parameter that is an axis of the first input, counted from the front."""
        return self.integer(key, default) % max(len(self.source.shape), 1)


Conversion = Callable[[OperatorCall], str | list[str]]
