"""Which parts of a Keras model's configuration are code of somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from neo_local.compiler.tensorflow.keras_code import foreign_code


def model_of(layer: Any) -> Any:
    inner = {"class_name": "Functional", "config": {"layers": [layer]}, "module": "keras.models"}
    return {"class_name": "Functional", "config": {"layers": [inner]}, "module": "keras"}


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ({"class_name": "Lambda", "config": {"name": "trick"}}, "Lambda 'trick'"),
        ({"class_name": "Lambda"}, "Lambda"),
        ({"config": {"fn": {"class_name": "__lambda__", "config": {"value": "4w"}}}}, "__lambda__"),
        ({"module": "os", "class_name": "function", "config": "system"}, "'os'"),
        ({"module": "kerasx.layers", "class_name": "Dense"}, "'kerasx.layers'"),
        (
            {"class_name": "TFOpLambda", "config": {"function": "load_op_library"}},
            "TFOpLambda 'load_op_library'",
        ),
        (
            {"class_name": "TFOpLambda", "config": {"function": "io.write_file"}},
            "TFOpLambda 'io.write_file'",
        ),
        (
            {"class_name": "TFOpLambda", "config": {"function": "raw_ops.PyFunc"}},
            "TFOpLambda 'raw_ops.PyFunc'",
        ),
        ({"class_name": "TFOpLambda", "config": {"function": ["x"]}}, "TFOpLambda ['x']"),
    ],
)
def test_foreign_code_is_named(layer: Any, name: str) -> None:
    assert list(foreign_code(model_of(layer))) == [name]


@pytest.mark.parametrize(
    "layer",
    [
        {"class_name": "Dense", "module": "keras.layers", "config": {"activation": "relu"}},
        {"class_name": "Conv2D", "config": {"initializer": {"module": "tf_keras.initializers"}}},
        {"class_name": "function", "module": "builtins", "config": "relu6"},
        {"class_name": "TFOpLambda", "config": {"function": "math.multiply"}},
        {"class_name": "TFOpLambda", "config": {"function": "__operators__.add"}},
        {"class_name": "SlicingOpLambda", "config": {"function": "__operators__.getitem"}},
        {"class_name": "TFOpLambda", "config": {"function": "reshape"}},
        {"class_name": 5, "module": 6, "config": 7},
    ],
)
def test_what_keras_and_tensorflow_bring_is_not(layer: Any) -> None:
    assert list(foreign_code(model_of(layer))) == []
    assert list(foreign_code(layer)) == []


@pytest.mark.parametrize("config", [None, [], {}, "Lambda", 1, [{"module": None}]])
def test_a_configuration_may_be_anything(config: Any) -> None:
    assert list(foreign_code(config)) == []
