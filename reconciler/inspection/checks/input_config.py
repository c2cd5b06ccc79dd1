"""The DataInputConfig that a model implies, and what only its owner can fill in.

The order of axes follows the developer guide: TensorFlow and TFLite as in the model (NHWC), Keras
written as NCHW although the model is NHWC, all others NCHW as in the model.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.inspection.model import Dimension, Model, Tensor

_MEANINGS = {
    ("NCHW", 0): "batch",
    ("NCHW", 1): "channels",
    ("NCHW", 2): "height",
    ("NCHW", 3): "width",
    ("NHWC", 0): "batch",
    ("NHWC", 1): "height",
    ("NHWC", 2): "width",
    ("NHWC", 3): "channels",
}
_ASSUMED = {"batch": 1, "channels": 3, "height": 224, "width": 224}
_LENGTH = 128
_UNKNOWN_SHAPE = (1, 3, 224, 224)


@dataclass(frozen=True, slots=True)
class Gap:
    """A size that the model leaves open.

    Attributes:
        input: The input's name in DataInputConfig.
        axis: Position in the shape; None if not even the rank is known.
        meaning: ``batch``, ``height``, … or the model's own name for it; empty if unknown.
        assumed: A usual value, for a first attempt.
    """

    input: str
    axis: int | None
    meaning: str
    assumed: int | None


@dataclass(frozen=True, slots=True)
class Expected:
    """One input as DataInputConfig has to give it.

    Attributes:
        name: The name to use.
        shape: Sizes in DataInputConfig's order of axes, None where open; None if unknown.
        layout: Order of axes of `shape`, where known.
        tensor: The model's own words.
    """

    name: str
    shape: tuple[Dimension, ...] | None
    layout: str
    tensor: Tensor


@dataclass(frozen=True, slots=True)
class InputConfig:
    """The derived DataInputConfig.

    Attributes:
        inputs: In the model's order, optional ones left out.
        gaps: What has to be filled in.
        needed: Whether Neo wants a DataInputConfig at all.
    """

    inputs: tuple[Expected, ...] = ()
    gaps: tuple[Gap, ...] = ()
    needed: bool = True

    def shapes(self) -> dict[str, list[int | None] | None]:
        """Return the shapes by input, as in DataInputConfig; None for open sizes."""
        return {
            item.name: None
            if item.shape is None
            else [size if isinstance(size, int) else None for size in item.shape]
            for item in self.inputs
        }

    def assumed(self) -> dict[str, list[int]]:
        """Return the shapes with usual values for open sizes: valid, but not known to be right."""
        filled = {
            name: list(_UNKNOWN_SHAPE) if shape is None else [size or 0 for size in shape]
            for name, shape in self.shapes().items()
        }
        for gap in self.gaps:
            if gap.axis is not None and gap.assumed is not None:
                filled[gap.input][gap.axis] = gap.assumed
        return filled


def derive(model: Model) -> InputConfig:
    """Return the DataInputConfig that a model implies."""
    given = [tensor for tensor in model.inputs if not _is_label(model, tensor)]
    names = _names(model, given)
    inputs = tuple(
        _expected(model, name, tensor) for name, tensor in zip(names, given, strict=True)
    )
    gaps = tuple(gap for item in inputs for gap in _gaps(item))
    return InputConfig(inputs, gaps, needed=model.framework != "XGBOOST")


def _is_label(model: Model, tensor: Tensor) -> bool:
    return tensor.optional and model.framework == "MXNET"


def _names(model: Model, tensors: list[Tensor]) -> list[str]:
    """Return names of the inputs; for PyTorch, names whose lexical order is that of the inputs."""
    names = [tensor.name for tensor in tensors]
    if model.names_matter or names == sorted(set(names)):
        return names
    width = len(str(max(0, len(names) - 1)))
    return [f"input{index:0{width}}" for index in range(len(names))]


def _expected(model: Model, name: str, tensor: Tensor) -> Expected:
    shape, layout = tensor.shape, tensor.layout
    if model.framework == "KERAS" and shape is not None and len(shape) == 4 and layout != "NCHW":
        batch, height, width, channels = shape
        shape, layout = (batch, channels, height, width), "NCHW"
    return Expected(name, shape, layout, tensor)


def meaning(item: Expected, axis: int) -> str:
    """Return what an axis is, as far as known."""
    size = item.shape[axis] if item.shape is not None else None
    if isinstance(size, str):
        return size
    return _MEANINGS.get((item.layout, axis), "batch" if axis == 0 else "")


def _gaps(item: Expected) -> list[Gap]:
    if item.shape is None:
        return [Gap(item.name, None, "", None)]
    return [
        Gap(item.name, axis, meaning(item, axis), _usual(item, axis))
        for axis, size in enumerate(item.shape)
        if not isinstance(size, int)
    ]


def _usual(item: Expected, axis: int) -> int:
    place = _MEANINGS.get((item.layout, axis), "batch" if axis == 0 else "")
    if not place and item.shape is not None and len(item.shape) == 4:
        place = "height"
    return _ASSUMED.get(place, _LENGTH)
