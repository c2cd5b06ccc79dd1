"""The child that TensorFlow runs in: from a model file to a TFLite file with fixed shapes.

Its folder holds order.json; answer.json and model.tflite are left there.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neo_local.compiler.failure import CompileFailure, engine_failed, operators_missing
from neo_local.compiler.inputs import input_shapes
from neo_local.compiler.options import Shapes
from neo_local.compiler.tensorflow.loaded import LoadedModel

ORDER, ANSWER, CONVERTED = "order.json", "answer.json", "model.tflite"
VARIABLES = {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"}
_PLACE = re.compile(r"input(\d+)")
_LISTED = re.compile(r"(?:Flex|Custom) ops: ([\w, ]+)")
_NAMED = re.compile(r"'tf\.(\w+)' op is neither a custom op nor a flex op")


def main(folder: Path) -> None:
    """Convert the model of `folder`; write what it takes and gives, or why it failed."""
    os.environ |= VARIABLES
    order = json.loads((folder / ORDER).read_text())
    try:
        answer: Mapping[str, Any] = _converted(order, folder)
    except CompileFailure as failure:
        answer = {"failure": str(failure)}
    (folder / ANSWER).write_text(json.dumps(answer))


def _converted(order: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    model = load_model(order["framework"], Path(order["model"]))
    given = input_shapes(model.inputs, order["config"], model.layout)
    content = _tflite(model, given.shapes)
    (folder / CONVERTED).write_bytes(content)
    names = _names(model, content)
    return {**names, "derived": given.derived}


def load_model(framework: str, path: Path) -> LoadedModel:
    """Load a model file of TENSORFLOW or KERAS. Raises CompileFailure."""
    if framework == "KERAS":
        from neo_local.compiler.tensorflow import keras_files

        return keras_files.load(path)
    from neo_local.compiler.tensorflow import graphs

    return graphs.load(path)


def _tflite(model: LoadedModel, shapes: Shapes) -> bytes:
    import tensorflow

    def answers_by_place(*tensors: Any) -> Any:  # noqa: ANN401 - TensorFlow's
        answers = model.call(tensors)
        return {f"output{index:04}": tensorflow.identity(one) for index, one in enumerate(answers)}

    try:
        traced = tensorflow.function(answers_by_place, autograph=False)
        concrete = traced.get_concrete_function(*model.specs(shapes))
        from tensorflow.python.framework.convert_to_constants import (
            convert_variables_to_constants_v2,
        )

        frozen = convert_variables_to_constants_v2(concrete)
        converter = tensorflow.lite.TFLiteConverter.from_concrete_functions([frozen], None)
        return bytes(converter.convert())
    except Exception as problem:
        if found := _missing(str(problem)):
            raise operators_missing("TensorFlow", found) from problem
        raise engine_failed("TensorFlow cannot convert the model to TFLite", problem) from problem


def _missing(problem: str) -> list[str]:
    """Return the operators that the converter says TFLite lacks."""
    listed = _LISTED.search(problem)
    return listed[1].split(", ") if listed else _NAMED.findall(problem)


def _names(model: LoadedModel, content: bytes) -> dict[str, Sequence[str]]:
    """Return the names of inputs and outputs in the converted file's order."""
    import tensorflow

    interpreter = tensorflow.lite.Interpreter(model_content=content)
    places = [_PLACE.search(one["name"]) for one in interpreter.get_input_details()]
    inputs = [model.inputs[int(place[1])].name for place in places if place]
    return {"inputs": inputs, "outputs": list(model.outputs)}
