"""One module for each framework; each turns a checked archive into a model to compile."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Protocol

from neo_local.compiler.failure import local_limit
from neo_local.compiler.model import ModelSource, ReadModel

# The API's framework -> the module here that reads it.
_MODULES: Mapping[str, str] = {
    framework: f"neo_local.compiler.frameworks.{framework.lower()}"
    for framework in ("ONNX", "PYTORCH", "TENSORFLOW", "TFLITE", "XGBOOST")
} | {"KERAS": "neo_local.compiler.frameworks.tensorflow"}


class Frontend(Protocol):
    """What a framework's module has."""

    def read_model(self, source: ModelSource) -> ReadModel:
        """Read a model. Raises CompileFailure."""
        ...


def frontend_of(framework: str) -> Frontend:
    """Return the reader of a framework.

    Raises CompileFailure if there is none, or what it needs is not installed.
    """
    module = _MODULES.get(framework)
    if module is None:
        raise local_limit(
            f"framework {framework} cannot be compiled here; {', '.join(sorted(_MODULES))} can. "
            "Export the model to ONNX to rehearse it, or use Amazon SageMaker Neo."
        )
    try:
        frontend: Frontend = importlib.import_module(module)
    except ModuleNotFoundError as missing:
        raise local_limit(
            f"{framework} models need the Python package {missing.name}, which is not installed "
            "here. Install what the embedded AWS needs again: pip install 'neo-as-code[local]'."
        ) from missing
    return frontend
