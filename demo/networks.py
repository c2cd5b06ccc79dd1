"""Writes real networks into a folder; run by the Python of the embedded AWS, where onnx lives.

The `onnx` package carries architectures as its backend's tests, with every weight the same
number, so that every output is 0.001: good for a compiler, worthless as a proof. Here each weight
gets a seeded random value, scaled as before a training (He), so that outputs depend on inputs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnx.backend.test
from onnx import helper, numpy_helper

SEED = 20261120
ANY_SIZE = ("squeezenet",)
NORMALISATION = {1: (0.4, 0.8), 2: (-0.1, 0.1), 3: (-0.1, 0.1), 4: (0.5, 1.5)}


def source(name: str) -> Path:
    """Return where the onnx package keeps an architecture."""
    folder = Path(onnx.backend.test.__file__).parent / "data" / "light"
    return folder / f"light_{name}.onnx"


def uses(graph: onnx.GraphProto) -> dict[str, tuple[str, int]]:
    """For each tensor, the operator that takes it first, and as which of its inputs."""
    found: dict[str, tuple[str, int]] = {}
    for node in graph.node:
        for position, name in enumerate(node.input):
            found.setdefault(name, (node.op_type, position))
    return found


def values(shape: list[int], use: tuple[str, int], random: np.random.Generator) -> np.ndarray:
    """Random weights that keep a signal's size through the layer which uses them."""
    operator, position = use
    if operator == "BatchNormalization" and position in NORMALISATION:
        return random.uniform(*NORMALISATION[position], shape).astype(np.float32)
    if len(shape) < 2:
        return random.normal(0.0, 0.05, shape).astype(np.float32)
    scale = np.sqrt(2.0 / np.prod(shape[1:]))
    return random.normal(0.0, scale, shape).astype(np.float32)


def filled(model: onnx.ModelProto, seed: int) -> onnx.ModelProto:
    """Replace the constant weights of a network; its structure is untouched."""
    graph, random = model.graph, np.random.default_rng(seed)
    used = uses(graph)
    stored = {tensor.name: tensor for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        if node.op_type != "ConstantOfShape":
            nodes.append(node)
            continue
        shape = [int(size) for size in numpy_helper.to_array(stored[node.input[0]])]
        weights = values(shape, used[node.output[0]], random)
        graph.initializer.append(numpy_helper.from_array(weights, node.output[0]))
    for tensor in list(stored.values()):
        if tensor.data_type == onnx.TensorProto.FLOAT and tensor.name in used:
            weights = values(list(tensor.dims), used[tensor.name], random)
            tensor.CopyFrom(numpy_helper.from_array(weights, tensor.name))
    needed = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in needed]
    weightless = {tensor.name for tensor in kept}
    inputs = [item for item in graph.input if item.name in needed - weightless]
    new = helper.make_graph(nodes, graph.name, inputs, list(graph.output), kept)
    opsets = list(model.opset_import)
    made = helper.make_model(new, opset_imports=opsets, ir_version=max(model.ir_version, 4))
    onnx.checker.check_model(made)
    return made


def shapes(model: onnx.ModelProto) -> dict[str, list[int]]:
    """Return the inputs of a network as Neo's DataInputConfig."""
    return {
        item.name: [dim.dim_value for dim in item.type.tensor_type.shape.dim]
        for item in model.graph.input
    }


def open_sizes(model: onnx.ModelProto) -> None:
    """Let a fully convolutional network take images of any size; its compilation fixes one."""
    for item in model.graph.input:
        for dim, name in zip(item.type.tensor_type.shape.dim[2:], ("height", "width"), strict=True):
            dim.dim_param = name


def main(folder: Path, names: list[str]) -> None:
    """Write NAME.onnx and NAME.inputs.json for each network."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        model = filled(onnx.load(source(name)), SEED + number)
        inputs = shapes(model)
        if name in ANY_SIZE:
            open_sizes(model)
        onnx.save(model, folder / f"{name}.onnx")
        (folder / f"{name}.inputs.json").write_text(json.dumps(inputs))
        size = (folder / f"{name}.onnx").stat().st_size / 1e6
        print(f"{name}: {len(model.graph.node)} operators, {size:.1f} MB, inputs {inputs}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
