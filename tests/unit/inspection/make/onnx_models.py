"""Small ONNX models made with the onnx package, and two of its own backend test models.

Not part of any test run: `pip install onnx`, then ``python onnx_models.py OUT_DIR``.
"""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN003, ANN201

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"
FLOAT = TensorProto.FLOAT
WEIGHT = np.random.default_rng(7).random((2, 3, 3, 3), dtype=np.float32)
EXPECTED = {}


def save(name, nodes, inputs, outputs, weights=(), opset=11, domains=(), **options):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(weights))
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    model = helper.make_model(graph, opset_imports=imports, producer_name="make", ir_version=7)
    onnx.save(model, OUT / f"{name}.onnx", **options)
    expect(f"{name}.onnx", model)


def expect(path, model):
    known = {item.name for item in model.graph.initializer}
    EXPECTED[path] = [
        {
            "name": value.name,
            "shape": [
                size.dim_param or None if size.HasField("dim_param") else size.dim_value or None
                for size in value.type.tensor_type.shape.dim
            ],
            "dtype": helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name,
        }
        for value in model.graph.input
        if value.name not in known
    ]


info = helper.make_tensor_value_info
image = info("image", FLOAT, ["batch", 3, "height", "width"])
feature = info("feature", FLOAT, None)
weight = numpy_helper.from_array(WEIGHT, "weight")
conv = helper.make_node("Conv", ["image", "weight"], ["feature"])
save("dynamic", [conv], [image, info("weight", FLOAT, [2, 3, 3, 3])], [feature], [weight])
save("newer_opset", [conv], [image], [feature], [weight], opset=17)
save(
    "external",
    [conv],
    [image],
    [feature],
    [weight],
    save_as_external_data=True,
    location="weights.bin",
    size_threshold=0,
)
pixels = info("pixels", FLOAT, [1, 8, 8, 3])
transpose = helper.make_node("Transpose", ["pixels"], ["image"], perm=[0, 3, 1, 2])
save("channels_last", [transpose, conv], [pixels], [feature], [weight])
custom = helper.make_node("FusedConv", ["image", "weight"], ["feature"], domain="com.example")
save("custom_operator", [custom], [image], [feature], [weight], domains=["com.example"])
then = helper.make_graph(
    [helper.make_node("Neg", ["tokens"], ["one"])], "then", [], [info("one", FLOAT, None)]
)
other = helper.make_graph(
    [helper.make_node("Abs", ["tokens"], ["two"])], "other", [], [info("two", FLOAT, None)]
)
branch = helper.make_node("If", ["flag"], ["feature"], then_branch=then, else_branch=other)
save(
    "branches",
    [branch],
    [info("flag", TensorProto.BOOL, [1]), info("tokens", FLOAT, [None, 16])],
    [feature],
)
indices = numpy_helper.from_array(np.zeros((1, 1), dtype=np.int64), "indices")
scatter = helper.make_node("ScatterND", ["image", "indices", "image"], ["feature"])
save("scatter", [scatter], [image], [feature], [indices])
for name in ("light_squeezenet", "light_zfnet512"):
    shutil.copy(LIGHT / f"{name}.onnx", OUT / f"{name}.onnx")
    expect(f"{name}.onnx", onnx.load(OUT / f"{name}.onnx"))
(OUT / "expected_onnx.json").write_text(json.dumps(EXPECTED, indent=1) + "\n")
