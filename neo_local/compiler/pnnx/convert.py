"""From a graph of PyTorch's operators to an ONNX model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neo_local.compiler.pnnx.attention import ATTENTION
from neo_local.compiler.pnnx.elementwise import ELEMENTWISE
from neo_local.compiler.pnnx.graph import Graph, Operator, TensorType
from neo_local.compiler.pnnx.layers import LAYERS
from neo_local.compiler.pnnx.operator_call import Conversion, OperatorCall
from neo_local.compiler.pnnx.pooling import POOLING
from neo_local.compiler.pnnx.shapes import SHAPES
from neo_local.compiler.pnnx.writer import Refused, Writer, value_info

OPERATORS: Mapping[str, Conversion] = {**ELEMENTWISE, **LAYERS, **POOLING, **SHAPES, **ATTENTION}
_INPUT, _OUTPUT, _TUPLE = "pnnx.Input", "pnnx.Output", "prim::TupleConstruct"


class UnknownOperators(Exception):
    """Operators that are not in the table; `names` are PyTorch's."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def to_onnx(graph: Graph, input_names: Sequence[str]) -> Any:  # noqa: ANN401 - a message of the onnx package
    """Write a graph as an ONNX model, whose outputs are called output0 and so on.

    Raises UnknownOperators, Refused, and BadGraph for weights that are not there.
    """
    known = {*OPERATORS, _INPUT, _OUTPUT, _TUPLE}
    if unknown := sorted({one.kind for one in graph.operators} - known):
        raise UnknownOperators(unknown)
    writer = Writer(graph)
    names: dict[str, str] = {}
    inputs = [one.outputs[0] for one in graph.operators if one.kind == _INPUT]
    if len(inputs) != len(input_names):
        raise Refused(f"a model of {len(inputs)} inputs, of which {len(input_names)} are declared")
    names |= dict(zip(inputs, input_names, strict=True))
    tuples: dict[str, tuple[str, ...]] = {}
    results: list[str] = []
    for operator in graph.operators:
        parts = tuple(part for one in operator.inputs for part in tuples.get(one, (one,)))
        if operator.kind == _OUTPUT:
            results += parts
        elif operator.kind == _TUPLE:
            tuples[operator.outputs[0]] = parts
        elif operator.kind != _INPUT:
            names |= _converted(operator, names, writer)
    outputs = [(f"output{index}", writer.type(one)) for index, one in enumerate(results)]
    for (name, _), result in zip(outputs, results, strict=True):
        writer.publish(names[result], name)
    declared = [(name, writer.type(one)) for name, one in zip(input_names, inputs, strict=True)]
    return writer.model(_infos(declared), _infos(outputs))


def _converted(operator: Operator, names: Mapping[str, str], writer: Writer) -> dict[str, str]:
    inputs = tuple(names[one] for one in operator.inputs)
    made = OPERATORS[operator.kind](OperatorCall(operator, inputs, writer))
    results = [made] if isinstance(made, str) else made
    return dict(zip(operator.outputs, results, strict=True))


def _infos(tensors: Sequence[tuple[str, TensorType]]) -> Any:  # noqa: ANN401 - messages of the onnx package
    return (value_info(name, kind) for name, kind in tensors)
