"""A model's answers by its framework's own runtime: what a compiled artifact is compared with."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Arrays = Mapping[str, Any]  # numpy's, which is not there where types are checked
_PACKAGES = {"ONNX": "onnxruntime", "TFLITE": "ai_edge_litert", "XGBOOST": "xgboost"}


class NoReference(Exception):
    """There is no runtime for the model here; the text says which is missing."""


def reference_outputs(framework: str, model: Path, inputs: Arrays) -> list[Any]:
    """Return a model's outputs in its own order. Raises NoReference."""
    package = _PACKAGES.get(framework)
    if package is None:
        raise NoReference(f"no runtime of {framework} is known here")
    if importlib.util.find_spec(package) is None:
        raise NoReference(f"{framework} models are run by {package}, which is not installed")
    return _RUNTIMES[framework](model, inputs)


def _onnx(model: Path, inputs: Arrays) -> list[Any]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return list(session.run(None, dict(inputs)))


def _tflite(model: Path, inputs: Arrays) -> list[Any]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(model), num_threads=1)
    places = {one["name"]: one["index"] for one in interpreter.get_input_details()}
    for name, array in inputs.items():
        interpreter.resize_tensor_input(places[name], array.shape)
    interpreter.allocate_tensors()
    for name, array in inputs.items():
        interpreter.set_tensor(places[name], array)
    interpreter.invoke()
    return [interpreter.get_tensor(one["index"]) for one in interpreter.get_output_details()]


def _xgboost(model: Path, inputs: Arrays) -> list[Any]:
    import xgboost

    (rows,) = inputs.values()
    if _is_old_binary(model):
        return _treelite(model, rows)
    booster = xgboost.Booster(model_file=model, params={"nthread": 1})
    if '"multi:softmax"' in booster.save_config():  # would answer the class alone
        booster.set_param("objective", "multi:softprob")
    kinds = booster.feature_types
    table = xgboost.DMatrix(rows, feature_types=kinds, enable_categorical=True)
    table.feature_names = booster.feature_names
    return [booster.predict(table).reshape(len(rows), -1)]


def _is_old_binary(model: Path) -> bool:
    """Return whether it is of the form that XGBoost since 3.1 does not read."""
    with model.open("rb") as file:
        return file.read(1) != b"{"


def _treelite(model: Path, rows: Any) -> list[Any]:  # noqa: ANN401 - an array
    from treelite import frontend, gtil

    trees = frontend.load_xgboost_model_legacy_binary(model)
    return [gtil.predict(trees, rows, nthread=1).reshape(len(rows), -1)]


_RUNTIMES: Mapping[str, Callable[[Path, Arrays], list[Any]]] = {
    "ONNX": _onnx,
    "TFLITE": _tflite,
    "XGBOOST": _xgboost,
}
