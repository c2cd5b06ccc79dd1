"""DataInputConfig: names and shapes of a model's inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from neo_constructs.synth.typed import check_fields, typed
from reconciler.core.extraction import JsonDocument

Shape = Sequence[int | float]
"""Positive whole numbers; a float only as CDK encodes number tokens."""


@dataclass(frozen=True, slots=True)
class CoreMlInput:
    """One input of a Core ML model (TargetDevice ``coreml``).

    Attributes:
        shape: Fixed (``[1, 224, 224, 3]``), with ranges (``["1..10", 224, 224, 3]``), or several
            shapes to choose from (``[[1, 224, 224, 3], [1, 160, 160, 3]]``).
        default_shape: The shape taken by default where ``shape`` leaves it open.
        type: ``Image`` or ``Tensor``; Neo takes ``Tensor`` if it is not given.
        bias: One value a channel; ``Image`` needs it.
        scale: A factor for every value; ``Image`` needs it.

    Source: CreateCompilationJob, InputConfig.DataInputConfig.
    """

    shape: Sequence[object]
    default_shape: Shape | None = None
    type: str | None = None
    bias: Sequence[float] | None = None
    scale: float | None = None

    def __post_init__(self) -> None:
        check_fields(self)

    def to_json(self) -> dict[str, object]:
        """Return this input as DataInputConfig has it."""
        members = {
            "shape": self.shape, "default_shape": self.default_shape, "type": self.type,
            "bias": self.bias, "scale": self.scale,
        }  # fmt: skip
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class DataInputConfig:
    """What a model takes: shapes by name, a list of shapes (PyTorch), or ready text.

    A plain dict, list or str given to ``data_input_config`` means the same.
    """

    value: Mapping[str, object] | Sequence[object] | str

    @classmethod
    @typed
    def named(cls, shapes: Mapping[str, Shape]) -> Self:
        """Take shapes by input name, in the model's order: ``{"data": [1, 3, 224, 224]}``."""
        return cls(shapes)

    @classmethod
    @typed
    def unnamed(cls, *shapes: Shape) -> Self:
        """Take shapes without names, in the model's order; PyTorch only."""
        return cls(shapes)

    @classmethod
    @typed
    def core_ml(cls, inputs: Mapping[str, CoreMlInput] | Sequence[CoreMlInput]) -> Self:
        """Take inputs of a Core ML model, by name (TensorFlow) or as a list (PyTorch)."""
        if isinstance(inputs, Mapping):
            return cls({name: spec.to_json() for name, spec in inputs.items()})
        return cls([spec.to_json() for spec in inputs])

    @classmethod
    @typed
    def text(cls, text: str) -> Self:
        """Take the field's text as it is, for instance a token."""
        return cls(text)

    def to_wire(self) -> JsonDocument | str:
        """Return the field's text, or the value whose JSON text it will be."""
        return self.value if isinstance(self.value, str) else JsonDocument(self.value)
