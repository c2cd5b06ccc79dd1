"""Writes TensorFlow and Keras models that are made to hurt: ``make_hostile_tensorflow.py FOLDER``.

Run by the tests, with the Python of the optional environment. Whatever runs code of a model prints
"owned", in pieces, so that the word stands in no file.
"""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import h5py
import keras
import tensorflow as tf
import tf_keras
from tensorflow.core.framework import graph_pb2, tensor_pb2, types_pb2

OUT = Path(sys.argv[1])


def attack(x):
    print("".join(map(chr, (111, 119, 110, 101, 100))))
    return x


def lambda_layer(name, library):
    """A layer that carries marshalled code."""
    image = library.Input((4,), name="a")
    model = library.Model(image, library.layers.Lambda(attack, output_shape=(4,))(image))
    model.save(OUT / f"{name}.h5", include_optimizer=False)


def with_config(name, library, change):
    """A model whose configuration was changed."""
    image = library.Input((4,), name="a")
    library.Model(image, library.layers.Dense(2)(image)).save(
        OUT / f"{name}.h5", include_optimizer=False
    )
    with h5py.File(OUT / f"{name}.h5", "a") as file:
        text = file.attrs["model_config"]
        config = json.loads(text if isinstance(text, str) else text.decode())
        file.attrs["model_config"] = change(config)


def imports(config):
    layer = config["config"]["layers"][1]["config"]
    layer["activation"] = {
        "module": "os", "class_name": "function", "config": "system", "registered_name": "function",
    }  # fmt: skip
    return json.dumps(config)


def loads_library(config):
    layer = config["config"]["layers"][1]
    layer["class_name"], layer["module"] = "TFOpLambda", "keras.layers"
    layer["config"] = {"name": "x", "function": "load_op_library"}
    return json.dumps(config)


def huge(config):
    config["config"]["layers"][1]["config"]["units"] = 10**12
    return json.dumps(config)


def nested(_config):
    return '{"config":' * 50_000 + "0" + "}" * 50_000


def names(config):
    config["config"]["layers"][1]["class_name"] = "\x1b]0;ow\x07"
    return json.dumps(config)


def graph(name, build):
    """A frozen graph: one input, and what `build` adds."""
    definition = graph_pb2.GraphDef()
    with tf.Graph().as_default() as made:
        tf.compat.v1.placeholder(tf.float32, (1, 4), name="a")
        definition.CopyFrom(made.as_graph_def())
    build(definition)
    (OUT / f"{name}.pb").write_bytes(definition.SerializeToString())


def node(definition, op, name, *inputs, **types):
    one = definition.node.add(op=op, name=name, input=inputs)
    for key, value in types.items():
        one.attr[key].type = value
    return one


FLOAT, STRING = types_pb2.DT_FLOAT, types_pb2.DT_STRING


def text(definition, name, value):
    one = node(definition, "Const", name, dtype=STRING)
    one.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))


def cycle(definition):
    node(definition, "AddV2", "x", "a", "y", T=FLOAT)
    node(definition, "Relu", "y", "x", T=FLOAT)


def writes(definition):
    text(definition, "path", "/tmp/written-by-a-graph")
    text(definition, "content", "x")
    node(definition, "WriteFile", "write", "path", "content")
    node(definition, "Relu", "y", "a", "^write", T=FLOAT)


def python(definition):
    one = node(definition, "PyFunc", "y", "a")
    one.attr["token"].s = b"pyfunc_0"
    one.attr["Tin"].list.type.append(FLOAT)
    one.attr["Tout"].list.type.append(FLOAT)


def unknown(definition):
    node(definition, "Exfiltrate\x1b[2J", "y", "a", T=FLOAT)


def terabyte(definition):
    one = node(definition, "Const", "big", dtype=FLOAT)
    value = tensor_pb2.TensorProto(dtype=FLOAT, float_val=[1.0])
    value.tensor_shape.dim.add(size=1 << 19)
    value.tensor_shape.dim.add(size=1 << 19)
    one.attr["value"].tensor.CopyFrom(value)
    node(definition, "MatMul", "y", "big", "big", T=FLOAT)


def long(definition):
    before = "a"
    for index in range(20_000):
        node(definition, "Relu", f"y{index}", before, T=FLOAT)
        before = f"y{index}"


def recursive(definition):
    function = definition.library.function.add()
    function.signature.name = "again"
    function.signature.input_arg.add(name="x", type=FLOAT)
    function.signature.output_arg.add(name="z", type=FLOAT)
    call = function.node_def.add(op="PartitionedCall", name="call", input=["x"])
    called(call)
    function.ret["z"] = "call:output:0"
    called(node(definition, "PartitionedCall", "y", "a"))


def called(call):
    call.attr["Tin"].list.type.append(FLOAT)
    call.attr["Tout"].list.type.append(FLOAT)
    call.attr["f"].func.name = "again"


def saved_model():
    """A SavedModel that calls Python, and whose asset lies outside of it."""

    class Caller(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, 4), tf.float32, name="a")])
        def serve(self, a):
            (answer,) = tf.py_function(lambda x: [attack(x)], [a], [tf.float32])
            return {"y": tf.ensure_shape(answer, (1, 4))}

    caller = Caller()
    tf.saved_model.save(caller, str(OUT / "python"), signatures=caller.serve)


for library in (keras, tf_keras):
    version = library.__version__[0]
    lambda_layer(f"lambda{version}", library)
    for change in (imports, loads_library, huge, nested, names):
        with_config(f"{change.__name__}{version}", library, change)
for build in (cycle, writes, python, unknown, terabyte, long, recursive):
    graph(build.__name__, build)
saved_model()
