"""A model's answers by its framework's own runtime: what a compiled artifact is compared with."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from neo_local.compiler.failure import CompileFailure
from neo_local.compiler.pnnx.process import NOT_INSTALLED, Pnnx, installed_pnnx
from neo_local.compiler.tensorflow.process import INSTALL, run_child
from neo_local.rehearsal import tensorflow_child, torchscript

Arrays = Mapping[str, Any]  # numpy's, which is not there where types are checked
_PACKAGES = {"ONNX": "onnxruntime", "TFLITE": "ai_edge_litert", "XGBOOST": "xgboost"}


class NoReference(Exception):
    """There is no runtime for the model here; the text says which is missing."""


@dataclass(frozen=True, slots=True)
class Question:
    """A model and its inputs.

    Attributes:
        environment: Where the framework's optional environment is installed, None if it is not.
        workspace: A folder for whatever is needed on the way.
    """

    framework: str
    model: Path
    inputs: Arrays
    environment: Path | None
    workspace: Path


@dataclass(frozen=True, slots=True)
class Answers:
    """A model's outputs in its own order, and which runtime gave them."""

    runtime: str
    outputs: list[Any]


def reference_answers(question: Question) -> Answers:
    """Return a model's answers. Raises NoReference, CompileFailure, and what a runtime raises."""
    framework = question.framework
    package = _PACKAGES.get(framework)
    if framework not in _RUNTIMES:
        raise NoReference(f"no runtime of {framework} is known here")
    if package is not None and importlib.util.find_spec(package) is None:
        raise NoReference(f"{framework} models are run by {package}, which is not installed")
    return _RUNTIMES[framework](question)


def _onnx(question: Question) -> Answers:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        question.model, options, providers=["CPUExecutionProvider"]
    )
    outputs = session.run(None, dict(question.inputs))
    return Answers(f"onnxruntime {version('onnxruntime')}", list(outputs))


def _tflite(question: Question) -> Answers:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(question.model), num_threads=1)
    places = {one["name"]: one["index"] for one in interpreter.get_input_details()}
    for name, array in question.inputs.items():
        interpreter.resize_tensor_input(places[name], array.shape)
    interpreter.allocate_tensors()
    for name, array in question.inputs.items():
        interpreter.set_tensor(places[name], array)
    interpreter.invoke()
    outputs = [interpreter.get_tensor(one["index"]) for one in interpreter.get_output_details()]
    return Answers(f"LiteRT {version('ai-edge-litert')}", outputs)


def _xgboost(question: Question) -> Answers:
    import xgboost

    (rows,) = question.inputs.values()
    if _is_old_binary(question.model):
        return _treelite(question.model, rows)
    booster = xgboost.Booster(model_file=question.model, params={"nthread": 1})
    if '"multi:softmax"' in booster.save_config():  # would answer the class alone
        booster.set_param("objective", "multi:softprob")
    kinds = booster.feature_types
    table = xgboost.DMatrix(rows, feature_types=kinds, enable_categorical=True)
    table.feature_names = booster.feature_names
    outputs = [booster.predict(table).reshape(len(rows), -1)]
    return Answers(f"XGBoost {xgboost.__version__}", outputs)


def _is_old_binary(model: Path) -> bool:
    """Return whether it is of the form that XGBoost since 3.1 does not read."""
    with model.open("rb") as file:
        return file.read(1) != b"{"


def _treelite(model: Path, rows: Any) -> Answers:  # noqa: ANN401 - an array
    from treelite import frontend, gtil

    trees = frontend.load_xgboost_model_legacy_binary(model)
    outputs = [gtil.predict(trees, rows, nthread=1).reshape(len(rows), -1)]
    return Answers(f"Treelite {version('treelite')}", outputs)


def _pytorch(question: Question) -> Answers:
    program = installed_pnnx(question.environment)
    if program is None:
        raise NoReference(NOT_INSTALLED)
    pnnx = Pnnx(program, question.workspace / "pnnx")
    try:
        outputs = torchscript.answers(pnnx, question.model, list(question.inputs.values()))
    except torchscript.NoAnswers as problem:
        raise NoReference(str(problem)) from problem
    return Answers("PyTorch by pnnx", outputs)


def _tensorflow(question: Question) -> Answers:
    import numpy

    if question.environment is None:
        raise NoReference(
            f"{question.framework} models are run by TensorFlow, which is not installed here. "
            f"{INSTALL}"
        )
    folder = question.workspace / "tensorflow"
    folder.mkdir()
    order = {
        "framework": question.framework,
        "model": str(question.model),
        "names": list(question.inputs),
    }
    numpy.savez(folder / tensorflow_child.INPUTS, *question.inputs.values())
    try:
        answer = run_child(question.environment, tensorflow_child, folder, order)
    except CompileFailure as problem:
        raise NoReference(str(problem)) from problem
    with numpy.load(folder / tensorflow_child.OUTPUTS, allow_pickle=False) as stored:
        outputs = [stored[f"arr_{index}"] for index in range(len(stored.files))]
    return Answers(str(answer["runtime"]), outputs)


_RUNTIMES: Mapping[str, Callable[[Question], Answers]] = {
    "KERAS": _tensorflow,
    "ONNX": _onnx,
    "PYTORCH": _pytorch,
    "TENSORFLOW": _tensorflow,
    "TFLITE": _tflite,
    "XGBOOST": _xgboost,
}
