"""Writes the committed TFLite models, each with operators that converters write and compilers miss.

Not part of any test run: ``python make_tflite.py tflite`` under tensorflow-cpu 2.21.
"""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN201, ANN202

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

OUT = Path(sys.argv[1])
layers = tf.keras.layers
tf.keras.utils.set_random_seed(3)


def sequence(*steps, shape=(16, 16, 3)):
    given = tf.keras.Input(shape)
    body = given
    for step in steps:
        body = step(body)
    return tf.keras.Model(given, body)


def attention():
    given = tf.keras.Input((10, 16))
    return tf.keras.Model(given, layers.MultiHeadAttention(2, 8)(given, given))


def convert(model, kind):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind == "float":
        return converter.convert()
    sizes = [[1, *one.shape[1:]] for one in model.inputs]

    def examples():
        random = np.random.default_rng(0)
        for _ in range(6):
            yield [random.standard_normal(size).astype(np.float32) for size in sizes]

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = examples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = getattr(tf, kind)
    return converter.convert()


MODELS = {
    "pool_uint8": sequence(  # the flattening asks for the shape, quantised
        layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.AveragePooling2D(2),
        layers.Flatten(),
        layers.Dense(3, activation="sigmoid"),
    ),
    "pad_float": sequence(  # dilation moves blocks of space into the batch
        layers.ZeroPadding2D(2), layers.Cropping2D(1), layers.Conv2D(2, 3, dilation_rate=2)
    ),
    "reshape_float": sequence(  # shapes are gathered, multiplied and packed
        layers.Reshape((48, 16)), layers.Permute((2, 1)), layers.Dense(5, activation="tanh")
    ),
    "conv1d_int8": sequence(
        layers.Conv1D(4, 3, padding="causal"), layers.GlobalMaxPooling1D(), shape=(20, 6)
    ),
    "attention_float": attention(),
}
MODELS["pad_int8"] = MODELS["pad_float"]
for name, model in MODELS.items():
    (OUT / f"{name}.tflite").write_bytes(convert(model, name.rpartition("_")[2]))
