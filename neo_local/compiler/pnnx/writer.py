"""An ONNX model being written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy
from onnx import TensorProto, helper, numpy_helper

from neo_local.compiler.pnnx.graph import Array, Graph, Operator, TensorType

OPSET, _IR_VERSION = 20, 9


class Refused(Exception):
    """An operator, or a use of it, that is not converted; the text names it."""


class Writer:
    """Collects nodes and constants; every method returns the names of what it has written."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._names = 0

    def emit(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Write a node of one output."""
        return self.emit_several(kind, inputs, 1, **attributes)[0]

    def emit_several(
        self, kind: str, inputs: Sequence[str], count: int, **attributes: object
    ) -> list[str]:
        """Write a node of several outputs."""
        outputs = [self._fresh() for _ in range(count)]
        self._nodes.append(helper.make_node(kind, list(inputs), outputs, **attributes))
        return outputs

    def constant(self, array: Array) -> str:
        """Write a constant."""
        name = self._fresh()
        self._constants.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    def integers(self, *values: int) -> str:
        """Write a vector of integers, as shapes and axes are given."""
        return self.constant(numpy.array(values, dtype=numpy.int64))

    def number(self, value: float, like: str) -> str:
        """Write a number of an element type."""
        return self.constant(numpy.array(value, dtype=like))

    def weight(self, operator: Operator, key: str) -> str:
        """Write one of an operator's weights."""
        return self.constant(self.graph.weight(operator, key))

    def reshape(self, data: str, shape: Sequence[int]) -> str:
        """Write a reshape to a fixed shape."""
        return self.emit("Reshape", data, self.integers(*shape))

    def publish(self, tensor: str, name: str) -> None:
        """Give a tensor a name of its own, as outputs have."""
        self._nodes.append(helper.make_node("Identity", [tensor], [name]))

    def type(self, tensor: str) -> TensorType:
        """Return the type of one of the graph's tensors. Raises Refused if it is open."""
        found = self.graph.types.get(tensor)
        if found is None:
            raise Refused("a tensor whose shape is not fixed")
        return found

    def _fresh(self) -> str:
        self._names += 1
        return f"t{self._names}"

    def model(self, inputs: Iterator[Any], outputs: Iterator[Any]) -> Any:  # noqa: ANN401 - a message of the onnx package
        """Return the model with these inputs and outputs."""
        graph = helper.make_graph(
            self._nodes, "pytorch", list(inputs), list(outputs), self._constants
        )
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=_IR_VERSION)


def value_info(name: str, kind: TensorType) -> Any:  # noqa: ANN401 - a message of the onnx package
    """Describe an input or output."""
    return helper.make_tensor_value_info(name, element_type(kind.dtype), kind.shape)


def element_type(dtype: str) -> int:
    """Return ONNX's number of an element type."""
    number: int = helper.np_dtype_to_tensor_dtype(numpy.dtype(dtype))
    assert number != TensorProto.UNDEFINED
    return number
