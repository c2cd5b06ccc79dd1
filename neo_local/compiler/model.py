"""A model as its framework's module reads it: what it takes and gives, and its program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from neo_local.compiler.targets import Target


@dataclass(frozen=True, slots=True)
class ModelSource:
    """What a framework's module reads.

    Attributes:
        framework: The API's name of it.
        files: Those of the archive, which `check_layout` has passed.
        data_input_config: The request's DataInputConfig.
        environment: Where the framework's optional environment is installed, None if it is not.
        workspace: A folder for whatever is needed on the way.
    """

    framework: str
    files: Sequence[Path]
    data_input_config: str | None
    environment: Path | None
    workspace: Path


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a model, under its own name."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]


class ModelProgram(Protocol):
    """A model's computation, ready for code generation."""

    @property
    def compiler(self) -> str:
        """The compiler that builds it, as the artifact's manifest names it."""
        ...

    def build(self, target: Target, library: Path) -> None:
        """Compile for the target and link into `library`. Raises CompileFailure."""
        ...


@dataclass(frozen=True, slots=True)
class ReadModel:
    """A model ready for code generation.

    Attributes:
        program: With the weights in it; it takes `inputs` and gives `outputs`, in order.
        derived_inputs: The DataInputConfig read off the model, "" if one was given.
    """

    program: ModelProgram
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    derived_inputs: str = ""
