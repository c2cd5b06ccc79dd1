"""One shape of a request against one input of a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.core.canonical import Json
from reconciler.core.json_pointer import pointer
from reconciler.inspection import codes
from reconciler.inspection.checks.input_config import Expected, meaning
from reconciler.inspection.model import Model
from reconciler.rules.finding import Finding

_CHANNELS = {"NCHW": 1, "NHWC": 3}


@dataclass(frozen=True, slots=True)
class Given:
    """A shape as the request writes it; a size that is not a number (a range) is None.

    Attributes:
        path: Where it stands.
        sizes: 0 where null, -1 or the like was written.
        name: The input's.
    """

    path: str
    sizes: tuple[int | None, ...]
    name: str = ""


def shapes_in(path: str, value: Json) -> Iterator[Given]:
    """Yield the shapes of one input: a list, or Core ML's object with one or several."""
    if isinstance(value, dict):
        for key in ("shape", "default_shape"):
            shape = value.get(key)
            if isinstance(shape, list) and shape and all(isinstance(it, list) for it in shape):
                for index, item in enumerate(shape):
                    yield from shapes_in(f"{path}{pointer(key, index)}", item)
            elif isinstance(shape, list):
                yield from shapes_in(f"{path}{pointer(key)}", shape)
    elif isinstance(value, list) and value:
        yield Given(path, tuple(_size(item) for item in value))


def _size(value: Json) -> int | None:
    if isinstance(value, bool) or value is None:
        return 0
    if isinstance(value, int):
        return max(value, 0)
    return None if isinstance(value, str) else 0


def compare_shapes(given: Given, expected: Expected, model: Model) -> Iterator[Finding]:
    """Yield what the model contradicts in a shape."""
    shape = expected.shape
    if shape is None:
        return
    if len(given.sizes) != len(shape):
        yield _rank(given, expected, model)
        return
    if _is_swapped(given, expected):
        yield _layout(given, expected, model)
        return
    for axis, size in enumerate(given.sizes):
        yield from _axis(given, expected, model, axis, size)


def _as_text(expected: Expected) -> str:
    sizes = [str(size) if size is not None else "?" for size in expected.shape or ()]
    return "[" + ", ".join(sizes) + "]" + (f" ({expected.layout})" if expected.layout else "")


def _written(given: Given) -> str:
    return "[" + ", ".join("?" if size is None else str(size) for size in given.sizes) + "]"


def _rank(given: Given, expected: Expected, model: Model) -> Finding:
    rule = codes.OTHER_SIZE if model.framework == "XGBOOST" else codes.WRONG_RANK
    return rule.at(
        given.path,
        f"{given.name} has {len(given.sizes)} dimensions, but {model.file} takes "
        f"{len(expected.shape or ())}",
        got=_written(given),
        allowed=_as_text(expected),
        hint="Count the batch: it is the first dimension.",
    )


def _is_swapped(given: Given, expected: Expected) -> bool:
    """Return whether the other order of axes fits, and this one does not."""
    shape = expected.shape
    if shape is None or len(shape) != 4 or expected.layout not in _CHANNELS:
        return False
    batch, one, two, three = given.sizes
    other = (batch, three, one, two) if expected.layout == "NCHW" else (batch, two, three, one)
    channels = _CHANNELS[expected.layout]
    return not _fits(given.sizes, shape, channels) and _fits(other, shape, channels)


def _fits(
    sizes: tuple[int | None, ...], shape: tuple[int | str | None, ...], channels: int
) -> bool:
    wanted = shape[channels]
    return isinstance(wanted, int) and sizes[channels] == wanted


def _layout(given: Given, expected: Expected, model: Model) -> Finding:
    note = (
        "Keras models are NHWC, but DataInputConfig declares them as NCHW."
        if model.framework == "KERAS"
        else "A wrong layout fails after minutes."
    )
    return codes.WRONG_LAYOUT.at(
        given.path,
        f"{given.name} has its channels {'last' if expected.layout == 'NCHW' else 'first'}",
        got=_written(given),
        allowed=_as_text(expected),
        hint=note,
    )


def _axis(
    given: Given, expected: Expected, model: Model, axis: int, size: int | None
) -> Iterator[Finding]:
    wanted = (expected.shape or ())[axis]
    what = meaning(expected, axis) or f"dimension {axis}"
    path = f"{given.path}/{axis}"
    if size is None:
        return
    if size == 0:
        if not isinstance(wanted, int):
            yield codes.OPEN_DIMENSION.at(
                path,
                f"the {what} of {given.name} is dynamic in {model.file} and has no size here",
                got="null, 0 or -1",
                allowed="the size that you will send at inference",
                hint="Neo compiles for fixed shapes.",
            )
        return
    if not isinstance(wanted, int) or wanted == size:
        return
    if axis == _CHANNELS.get(expected.layout, -1):
        yield _channels(given, expected, model, path, size)
    elif not (expected.tensor.example and axis == 0):
        yield _other_size(given, expected, model, axis, path, size)


def _channels(given: Given, expected: Expected, model: Model, path: str, size: int) -> Finding:
    return codes.WRONG_CHANNELS.at(
        path,
        f"{given.name} has {size} channels, but {model.file} takes "
        f"{(expected.shape or ())[_CHANNELS[expected.layout]]}",
        got=str(size),
        allowed=_as_text(expected),
        hint="Neo answers 'wrong shape in Input Shape dictionary'.",
    )


def _other_size(
    given: Given, expected: Expected, model: Model, axis: int, path: str, size: int
) -> Finding:
    wanted = (expected.shape or ())[axis]
    what = meaning(expected, axis) or f"dimension {axis}"
    source = "was traced with" if expected.tensor.example else "fixes"
    return codes.OTHER_SIZE.at(
        path,
        f"{given.name}'s {what} is {size}, but {model.file} {source} {wanted}",
        got=_written(given),
        allowed=_as_text(expected),
        hint="It may compile and give wrong results, or fail: the model was made for its own size.",
    )
