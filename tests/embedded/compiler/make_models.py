"""Writes small ONNX models for the tests. Run by the Python that has onnx.

python make_models.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = [helper.make_opsetid("", 13)]
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def value(name: str, shape: list[int | str], kind: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def weights(name: str, *shape: int) -> onnx.TensorProto:
    array = np.random.default_rng(len(name)).standard_normal(shape).astype(np.float32)
    return numpy_helper.from_array(array, name)


def model(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    initializers: list[onnx.TensorProto] | None = None,
) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializers or [])
    return helper.make_model(graph, opset_imports=OPSET, ir_version=8)


def dense(batch: int | str) -> onnx.ModelProto:
    """relu(x w) with a softmax behind it."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Softmax", ["r"], ["y"]),
    ]
    return model(nodes, [value("x", [batch, 8])], [value("y", [batch, 4])], [weights("w", 8, 4)])


def two_inputs() -> onnx.ModelProto:
    """Return two inputs with awkward names, one of integers; two outputs."""
    nodes = [
        helper.make_node("Gather", ["table", "ids/0"], ["rows"]),
        helper.make_node("Add", ["rows", "input.1"], ["sum"]),
        helper.make_node("Neg", ["sum"], ["negated"]),
    ]
    inputs = [value("input.1", [3, 4]), value("ids/0", [3], INT64)]
    outputs = [value("sum", [3, 4]), value("negated", [3, 4])]
    return model(nodes, inputs, outputs, [weights("table", 5, 4)])


def heavy() -> onnx.ModelProto:
    """Many convolutions, so that compiling takes a while."""
    nodes, initializers, last = [], [], "x"
    for number in range(60):
        name, out = f"w{number}", f"h{number}"
        initializers.append(weights(name, 8 + number, 8 + number - 1 if number else 3, 3, 3))
        nodes.append(helper.make_node("Conv", [last, name], [out], pads=[1, 1, 1, 1]))
        last = out
    shape: list[int | str] = [1, 67, 16, 16]
    return model(nodes, [value("x", [1, 3, 16, 16])], [value(last, shape)], initializers)


def with_external_data(location: str) -> onnx.ModelProto:
    external = dense(1)
    tensor = external.graph.initializer[0]
    onnx.external_data_helper.set_external_data(tensor, location)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    return external


def huge() -> onnx.ModelProto:
    """Return a terabyte of numbers, counted out in a few bytes of model."""
    bounds = {"start": 0, "limit": 1 << 37, "delta": 1}
    initializers = [
        numpy_helper.from_array(np.array(number, np.int64), name) for name, number in bounds.items()
    ]
    nodes = [
        helper.make_node("Range", list(bounds), ["big"]),
        helper.make_node("Add", ["big", "x"], ["y"]),
    ]
    inputs, outputs = [value("x", [1], INT64)], [value("y", [1 << 37], INT64)]
    return model(nodes, inputs, outputs, initializers)


def expand() -> onnx.ModelProto:
    """Grows to a shape that is an input; TVM leaves the middle dimension as it is."""
    node = helper.make_node("Expand", ["x", "shape"], ["y"])
    inputs = [value("x", [1, 3, 1]), value("shape", [3], INT64)]
    return model([node], inputs, [value("y", [3, 3, 3])])


def sequence() -> onnx.ModelProto:
    """Return the last of three tensors, the second of which is inserted before it."""
    nodes = [
        helper.make_node("SequenceConstruct", ["a", "b"], ["two"]),
        helper.make_node("SequenceInsert", ["two", "a", "at"], ["three"]),
        helper.make_node("SequenceAt", ["three", "last"], ["y"]),
    ]
    positions = [
        numpy_helper.from_array(np.array(number, np.int64), name)
        for name, number in {"at": -1, "last": -1}.items()
    ]
    return model(nodes, [value("a", [2]), value("b", [2])], [value("y", [2])], positions)


def mathematics() -> onnx.ModelProto:
    """Apply every function that compilers leave to a mathematical library."""
    near_zero = ("Asin", "Acos", "Atanh", "Tan")
    unary = ("Atan", "Ceil", "Cos", "Cosh", "Erf", "Exp", "Floor", "Round", "Sigmoid", "Sin")
    more = ("Asinh", "Sinh", "Sqrt", "Tanh", "Log", "Acosh")
    nodes = [
        helper.make_node("Sigmoid", ["x"], ["small"]),
        helper.make_node("Exp", ["small"], ["above_one"]),
        helper.make_node("Pow", ["above_one", "x"], ["h_Pow"]),
        helper.make_node("Mod", ["x", "small"], ["h_Mod"], fmod=1),
        *(helper.make_node(name, ["small"], [f"h_{name}"]) for name in near_zero),
        *(helper.make_node(name, ["x"], [f"h_{name}"]) for name in unary),
        *(helper.make_node(name, ["above_one"], [f"h_{name}"]) for name in more),
    ]
    made = [node.output[0] for node in nodes[2:]]
    nodes.append(helper.make_node("Concat", made, ["y"], axis=0))
    return model(nodes, [value("x", [1, 64])], [value("y", [len(made), 64])])


def main(folder: Path) -> None:
    onnx.save(dense(1), folder / "dense.onnx")
    onnx.save(dense("N"), folder / "dynamic.onnx")
    onnx.save(two_inputs(), folder / "two_inputs.onnx")
    onnx.save(mathematics(), folder / "mathematics.onnx")
    onnx.save(heavy(), folder / "heavy.onnx")
    onnx.save(huge(), folder / "huge.onnx")
    onnx.save(expand(), folder / "expand.onnx")
    onnx.save(sequence(), folder / "sequence_from_the_end.onnx")
    unknown = model(
        [helper.make_node("Frobnicate", ["x"], ["y"])], [value("x", [1])], [value("y", [1])]
    )
    onnx.save(unknown, folder / "unknown_operator.onnx")
    (folder / "weights.bin").write_bytes(weights("w", 8, 4).raw_data)
    for name, location in {
        "external": "weights.bin",
        "external_outside": "../weights.bin",
        "external_absolute": "/etc/hostname",
        "external_missing": "nowhere.bin",
    }.items():
        (folder / f"{name}.onnx").write_bytes(with_external_data(location).SerializeToString())
    (folder / "garbage.onnx").write_bytes(b"\x08\x07this is no protobuf" * 100)
    (folder / "empty.onnx").write_bytes(b"")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
