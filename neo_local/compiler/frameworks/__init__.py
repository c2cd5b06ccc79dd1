"""One module a framework. A frontend turns a checked archive into a Relax module."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from neo_local.compiler.failure import local_limit

# The API's framework -> the module here that reads it.
_MODULES: Mapping[str, str] = {"ONNX": "neo_local.compiler.frameworks.onnx"}


IRModule = Any  # TVM's, which is not installed where types are checked


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a model, under its own name."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class ReadModel:
    """A model ready for code generation.

    Attributes:
        module: TVM's IRModule with the weights in it; its ``main`` takes `inputs` in order.
        derived_inputs: The DataInputConfig read off the model, "" if one was given.
    """

    module: IRModule
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    derived_inputs: str = ""


class Frontend(Protocol):
    """What a framework's module has."""

    def read_model(self, files: Sequence[Path], data_input_config: str | None) -> ReadModel:
        """Read a model. Raises CompileFailure."""
        ...


def frontend_of(framework: str) -> Frontend:
    """Return the reader of a framework. Raises CompileFailure if there is none."""
    module = _MODULES.get(framework)
    if module is None:
        raise local_limit(
            f"framework {framework} cannot be compiled here; {', '.join(_MODULES)} can. "
            "Export the model to ONNX to rehearse it, or use Amazon SageMaker Neo."
        )
    frontend: Frontend = importlib.import_module(module)
    return frontend
