"""Small models made by TensorFlow and Keras, and what these say about them.

Not part of any test run: `pip install tensorflow-cpu tf_keras` (2.21), then
``python tensorflow_models.py OUT_DIR``. TF_USE_LEGACY_KERAS=1 makes the Keras 2 files.
"""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN204

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

OUT = Path(sys.argv[1])
LEGACY = os.environ.get("TF_USE_LEGACY_KERAS") == "1"
EXPECTED = {}


def small(name="image", channels=3):
    layers = tf.keras.layers
    image = tf.keras.Input((16, 16, channels), name=name)
    body = layers.Conv2D(2, 3, name="conv")(image)
    body = layers.GlobalAveragePooling2D(name="pool")(body)
    return tf.keras.Model(image, layers.Dense(2, name="scores")(body))


def two_inputs():
    layers = tf.keras.layers
    left = tf.keras.Input((8, 8, 1), name="left")
    right = tf.keras.Input((4,), name="right")
    body = layers.concatenate([layers.Flatten()(left), right])
    return tf.keras.Model([left, right], layers.Dense(2, name="scores")(body))


def sequential():
    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.Dense(3, input_shape=(5,), name="first")])
    model.add(layers.Dense(2, name="second"))
    return model


def expect(path, inputs):
    EXPECTED[path] = [
        {"name": name, "shape": [None if size in (None, -1) else int(size) for size in shape],
         "dtype": dtype}
        for name, shape, dtype in inputs
    ]  # fmt: skip


def of_keras(path):
    model = tf.keras.models.load_model(path, compile=False)
    return [
        (tensor.name.split(":")[0], tuple(tensor.shape), tf.as_dtype(tensor.dtype).name)
        for tensor in model.inputs
    ]


def keras_files():
    kind = "keras2" if LEGACY else "keras3"
    for name, model in (
        ("functional", small()),
        ("two_inputs", two_inputs()),
        ("sequential", sequential()),
    ):
        path = f"{kind}_{name}.h5"
        model.save(OUT / path, include_optimizer=False)
        expect(path, of_keras(OUT / path))
    compiled = small()
    compiled.compile("sgd", "mse")
    compiled.save(OUT / f"{kind}_compiled.h5")
    expect(f"{kind}_compiled.h5", of_keras(OUT / f"{kind}_compiled.h5"))
    if LEGACY:
        small().save_weights(OUT / "keras2_weights_only.h5")
    else:
        small().save(OUT / "model.keras")


def tflite_files():
    for name, model in (("float", small()), ("two_inputs", two_inputs())):
        data = tf.lite.TFLiteConverter.from_keras_model(model).convert()
        lite(f"tflite_{name}.tflite", data)
    quantized = tf.lite.TFLiteConverter.from_keras_model(small())
    quantized.optimizations = [tf.lite.Optimize.DEFAULT]
    quantized.representative_dataset = lambda: (
        [np.random.default_rng(7).random((1, 16, 16, 3), dtype=np.float32)] for _ in range(8)
    )
    quantized.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    quantized.inference_input_type = tf.uint8
    lite("tflite_quantized.tflite", quantized.convert())


def lite(path, data):
    (OUT / path).write_bytes(data)
    details = tf.lite.Interpreter(model_content=data).get_input_details()
    expect(
        path,
        [(d["name"], d["shape_signature"], np.dtype(d["dtype"]).name) for d in details],
    )


class Doubler(tf.Module):
    def __init__(self):
        super().__init__()
        self.weight = tf.Variable(tf.ones((3, 3, 3, 2)))

    @tf.function(input_signature=[tf.TensorSpec((None, 16, 16, 3), tf.float32, name="pixels")])
    def serve(self, pixels):
        return {"features": tf.nn.conv2d(pixels, self.weight, 1, "SAME")}


def saved_models():
    folder = OUT / "saved_model"
    module = Doubler()
    tf.saved_model.save(module, str(folder), signatures=module.serve)
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    specs = signature.structured_input_signature[1]
    expect(
        "saved_model",
        [(name, spec.shape.as_list(), spec.dtype.name) for name, spec in specs.items()],
    )


def frozen():
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    module = Doubler()
    function = convert_variables_to_constants_v2(module.serve.get_concrete_function())
    tf.io.write_graph(function.graph, str(OUT), "frozen.pb", as_text=False)
    tf.io.write_graph(function.graph, str(OUT), "frozen_text.pbtxt", as_text=True)
    inputs = [(t.name.split(":")[0], t.shape.as_list(), t.dtype.name) for t in function.inputs]
    expect("frozen.pb", inputs)
    expect("frozen_text.pbtxt", inputs)


def version_one():
    graph = tf.compat.v1.Graph()
    with graph.as_default():
        image = tf.compat.v1.placeholder(tf.uint8, (1, None, None, 3), name="image_tensor")
        total = tf.compat.v1.while_loop(
            lambda count, _: count < 3,
            lambda count, value: (count + 1, value * 2.0),
            [tf.constant(0), tf.cast(image, tf.float32)],
        )
        tf.identity(total[1], name="boxes")
    tf.io.write_graph(graph, str(OUT), "loop.pb", as_text=False)
    expect("loop.pb", [("image_tensor", [1, None, None, 3], "uint8")])
    unknown = tf.compat.v1.Graph()
    with unknown.as_default():
        anything = tf.compat.v1.placeholder(tf.float32, None, name="anything")
        tf.identity(anything, name="same")
    tf.io.write_graph(unknown, str(OUT), "unknown_rank.pb", as_text=False)


OUT.mkdir(parents=True, exist_ok=True)
tf.compat.v1.disable_control_flow_v2()
keras_files()
if not LEGACY:
    tflite_files()
    saved_models()
    frozen()
    version_one()
    shutil.rmtree(OUT / "saved_model" / "assets", ignore_errors=True)
name = "expected_keras2.json" if LEGACY else "expected_tensorflow.json"
(OUT / name).write_text(json.dumps(EXPECTED, indent=1) + "\n")
