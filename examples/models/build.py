"""Builds tiny-cnn.onnx: a real, small convolutional network for the examples.

Three channels of any height and width in, ten classes out; its weights are random, from a fixed
seed, so that its answers differ from input to input. Needs the `onnx` and `numpy` packages:

    python examples/models/build.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TRAINED = [1, 3, "height", "width"]
COMPILED = [1, 3, 32, 32]
HERE = Path(__file__).parent


def weights() -> dict[str, np.ndarray]:
    """Seeded weights of both layers, small enough for sensible activations."""
    random = np.random.default_rng(2026)
    sizes = {"conv_w": (8, 3, 3, 3), "conv_b": (8,), "fc_w": (10, 8), "fc_b": (10,)}
    return {name: random.normal(0, 0.5, size).astype(np.float32) for name, size in sizes.items()}


def model() -> onnx.ModelProto:
    """Convolution, ReLU, average over the picture, one dense layer, softmax."""
    nodes = [
        helper.make_node("Conv", ["data", "conv_w", "conv_b"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("GlobalAveragePool", ["r"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "fc_w", "fc_b"], ["g"], transB=1),
        helper.make_node("Softmax", ["g"], ["classes"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny-cnn",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, TRAINED)],
        [helper.make_tensor_value_info("classes", TensorProto.FLOAT, [1, 10])],
        [numpy_helper.from_array(value, name) for name, value in weights().items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


if __name__ == "__main__":
    built = model()
    onnx.checker.check_model(built)
    (HERE / "tiny-cnn.onnx").write_bytes(built.SerializeToString(deterministic=True))
    (HERE / "tiny-cnn.inputs.json").write_text(json.dumps({"data": COMPILED}) + "\n")
