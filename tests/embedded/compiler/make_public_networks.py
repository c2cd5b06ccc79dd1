"""Writes a network that Keras publishes, with random weights: ``make_public_networks.py FILE``.

Run by the tests, with the Python of the optional environment. The file's name says which network of
``keras.applications`` and in which form: NAME.h5, NAME.keras2.h5, or NAME.FORM.tflite with FORM one
of float, dynamic, float16 and int8.
"""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import keras
import numpy as np
import tensorflow as tf
import tf_keras

RANDOM = np.random.default_rng(3)
SMALLEST = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}


def network(name, library):
    """Build a network for small images; normalisations get statistics, as training gives them."""
    size = SMALLEST.get(name, 32)
    build = getattr(library.applications, name)
    model = build(weights=None, input_shape=(size, size, 3), classes=10)
    for weight in model.weights:
        path = getattr(weight, "path", weight.name)
        if "moving_mean" in path:
            weight.assign(RANDOM.normal(0, 0.1, weight.shape).astype(np.float32))
        elif "moving_var" in path:
            weight.assign(RANDOM.uniform(0.7, 1.3, weight.shape).astype(np.float32))
    return model


def tflite(model, form):
    """Convert a network, quantised or not."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if form != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if form == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if form == "int8":
        shape = (1, *model.inputs[0].shape[1:])
        images = [[RANDOM.standard_normal(shape).astype(np.float32)] for _ in range(20)]
        converter.representative_dataset = lambda: iter(images)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def main(file):
    """Write one file."""
    name, *form = file.name.split(".")
    model = network(name, tf_keras if "keras2" in form else keras)
    if file.suffix == ".h5":
        model.save(file, include_optimizer=False)
    else:
        file.write_bytes(tflite(model, form[0]))


main(Path(sys.argv[1]))
