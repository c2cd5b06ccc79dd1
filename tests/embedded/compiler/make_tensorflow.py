"""Writes TensorFlow and Keras models, and what TensorFlow answers: ``make_tensorflow.py FOLDER``.

Run by the tests, with the Python of the optional environment. Of each model there are an .npz file
with inputs and outputs under the model's own names; Keras's images have their channels first in it,
as Neo wants them.
"""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN204

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import keras
import numpy as np
import tensorflow as tf
import tf_keras
from tensorflow.python.framework.convert_to_constants import (
    convert_variables_to_constants_v2,
)

OUT = Path(sys.argv[1])
RANDOM = np.random.default_rng(5)


def mobile(library):
    """Two heads on the blocks of MobileNet: depthwise, residual, squeeze and excitation."""
    layers = library.layers
    image = library.Input((24, 20, 3), name="image")
    body = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(image)
    body = layers.ReLU(6.0)(layers.BatchNormalization()(body))
    deep = layers.DepthwiseConv2D(3, padding="same")(layers.Conv2D(16, 1)(body))
    gate = layers.Reshape((1, 1, 16))(layers.GlobalAveragePooling2D()(deep))
    gate = layers.Conv2D(16, 1, activation="sigmoid")(gate)
    body = layers.Add()([body, layers.Conv2D(8, 1)(layers.Multiply()([deep, gate]))])
    scores = layers.Dense(5, activation="softmax", name="scores")(layers.Flatten()(body))
    box = layers.Dense(4, name="box")(layers.GlobalMaxPooling2D()(body))
    return library.Model(image, [scores, box])


def unet(library):
    """One level of a U-Net, with both ways of going up."""
    layers = library.layers
    image = library.Input((16, 16, 3), name="pixels")
    skip = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    deep = layers.Conv2D(8, 3, padding="same", activation="elu")(layers.MaxPooling2D()(skip))
    one = layers.Conv2DTranspose(4, 2, strides=2)(deep)
    two = layers.UpSampling2D(interpolation="bilinear")(deep)
    joined = layers.Concatenate()([skip, one, two])
    return library.Model(image, layers.Conv2D(2, 1, name="mask")(joined))


def mixed(library):
    """An image and a vector."""
    layers = library.layers
    picture, facts = library.Input((8, 6, 1), name="picture"), library.Input((4,), name="facts")
    body = layers.Conv2D(3, 3, activation="tanh")(picture)
    body = layers.concatenate([layers.Flatten()(body), facts])
    return library.Model([picture, facts], layers.Dense(2, name="answer")(body))


def shaken(model):
    """Give normalisations statistics of their own, as training does."""
    for weight in model.weights:
        if "moving" in weight.name:
            weight.assign(RANDOM.uniform(0.5, 1.5, weight.shape).astype(np.float32))
    return model


def keep(name, inputs, outputs):
    fields = {f"in {key}": one for key, one in inputs.items()}
    np.savez(OUT / f"{name}.npz", **fields, **{f"out {key}": one for key, one in outputs.items()})


def random_inputs(model):
    sizes = {one.name.split(":")[0]: (2, *tuple(one.shape)[1:]) for one in model.inputs}
    return {key: RANDOM.standard_normal(size).astype(np.float32) for key, size in sizes.items()}


def keras_file(name, library, build):
    model = shaken(build(library))
    model.save(OUT / f"{name}.h5", include_optimizer=False)
    inputs = random_inputs(model)
    answers = model.predict(list(inputs.values()), verbose=0)
    answers = answers if isinstance(answers, list) else [answers]
    first = {
        key: one.transpose(0, 3, 1, 2) if one.ndim == 4 else one for key, one in inputs.items()
    }
    keep(name, first, dict(zip(map(str, model.output_names), answers, strict=True)))


class Service(tf.Module):
    """Two inputs and two outputs by name, in an order that is not the alphabet's."""

    def __init__(self):
        super().__init__()
        self.weight = tf.Variable(RANDOM.standard_normal((3, 3, 2, 4)), dtype=tf.float32)

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, 8, 8, 2), tf.float32, name="z_image"),
            tf.TensorSpec((None, 4), tf.float32, name="a_scale"),
        ]
    )
    def serve(self, z_image, a_scale):
        body = tf.nn.conv2d(z_image, self.weight, 2, "SAME") * a_scale[:, None, None, :]
        return {"peak": tf.reduce_max(body, (1, 2)), "map": tf.nn.softmax(body)}


def saved_model():
    service = Service()
    tf.saved_model.save(service, str(OUT / "service"), signatures=service.serve)
    inputs = {
        "z_image": RANDOM.standard_normal((2, 8, 8, 2)).astype(np.float32),
        "a_scale": RANDOM.standard_normal((2, 4)).astype(np.float32),
    }
    answers = service.serve(*map(tf.constant, inputs.values()))
    keep("service", inputs, {key: one.numpy() for key, one in answers.items()})


def frozen_graph():
    model = shaken(unet(keras))
    called = tf.function(lambda pixels: model(pixels, training=False))
    spec = tf.TensorSpec((None, 16, 16, 3), tf.float32, name="pixels")
    function = convert_variables_to_constants_v2(called.get_concrete_function(spec))
    tf.io.write_graph(function.graph, str(OUT), "frozen.pb", as_text=False)
    inputs = random_inputs(model)
    (answer,) = function(tf.constant(inputs["pixels"]))
    keep("frozen", inputs, {function.outputs[0].op.name: answer.numpy()})


keras_file("mobile2", tf_keras, mobile)
keras_file("mobile3", keras, mobile)
keras_file("unet2", tf_keras, unet)
keras_file("mixed3", keras, mixed)
saved_model()
frozen_graph()
