"""NEO321 to NEO325: inputs as objects, which the Core ML target takes.

Source: InputConfig.DataInputConfig in the API reference. Such an object has ``shape`` (static,
with ranges like ``"1..10"``, or a list of several shapes), and may have ``default_shape``,
``type``, ``bias`` and ``scale``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconciler.core.canonical import Json
from reconciler.rules.finding import Finding, quoted
from reconciler.rules.json_text import is_positive
from reconciler.rules.rule import error, warning

KEYS: Final = warning("NEO321", "unknown-input-key")
SHAPE: Final = error("NEO322", "invalid-input-object-shape")
DEFAULT_SHAPE: Final = warning("NEO323", "invalid-default-shape")
IMAGE: Final = warning("NEO324", "invalid-image-input")
RANKS: Final = warning("NEO325", "mixed-ranks")

RULES: Final = (KEYS, SHAPE, DEFAULT_SHAPE, IMAGE, RANKS)

_KEYS: Final = ("shape", "default_shape", "type", "bias", "scale")
_TYPES: Final = ("Image", "Tensor")
_RANGE: Final = re.compile(r"(\d{1,9})\.\.(\d{1,9})")


def static_shapes(entry: dict[str, Json]) -> Iterator[tuple[str, list[int]]]:
    """Yield the static shapes of an input object, each with its place below ``shape``."""
    shape = entry.get("shape")
    if not isinstance(shape, list):
        return
    if shape and isinstance(shape[0], list):
        for index, item in enumerate(shape):
            if isinstance(item, list) and all(is_positive(size) for size in item):
                yield f"/{index}", [size for size in item if is_positive(size)]
    elif all(is_positive(size) for size in shape):
        yield "", [size for size in shape if is_positive(size)]


def check(path: str, entry: dict[str, Json]) -> Iterator[Finding]:
    """Yield findings about one input object."""
    for key in entry:
        if key not in _KEYS:
            yield KEYS.at(
                f"{path}/{key}", f"unknown key {quoted(key)} in an input object",
                got=key, allowed=", ".join(_KEYS),
            )  # fmt: skip
    shapes = list(_shapes(entry))
    if not shapes:
        yield SHAPE.at(
            path, "an input object requires shape: a list of dimensions, or a list of such lists",
            got=quoted(entry.get("shape")), allowed='"shape": [1, 224, 224, 3]',
        )  # fmt: skip
    for place, shape in shapes:
        yield from _dimensions(f"{path}/{place}", shape)
    if len({len(shape) for _, shape in shapes}) > 1:
        yield RANKS.at(f"{path}/shape", "the enumerated shapes have different ranks")
    yield from _default_shape(path, entry.get("default_shape"), [shape for _, shape in shapes])
    yield from _image(path, entry)


def _shapes(entry: dict[str, Json]) -> Iterator[tuple[str, list[Json]]]:
    shape = entry.get("shape")
    if not isinstance(shape, list) or not shape:
        return
    nested = [item for item in shape if isinstance(item, list)]
    if len(nested) < len(shape):
        yield "shape", shape
        return
    for index, item in enumerate(nested):
        yield f"shape/{index}", item


def _dimensions(path: str, shape: list[Json]) -> Iterator[Finding]:
    for index, item in enumerate(shape):
        if is_positive(item) or (isinstance(item, str) and _bounds(item)):
            continue
        yield SHAPE.at(
            f"{path}/{index}", "a dimension must be a positive integer or a range",
            got="null" if item is None else quoted(item), allowed='224, or "1..10"',
        )  # fmt: skip


def _bounds(text: str) -> tuple[int, int] | None:
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        return None
    low, high = int(match[1]), int(match[2])
    return (low, high) if 0 < low <= high else None


def _default_shape(path: str, default: Json, shapes: list[list[Json]]) -> Iterator[Finding]:
    if default is None or not shapes:
        return
    if isinstance(default, list) and any(_fits(default, shape) for shape in shapes):
        return
    yield DEFAULT_SHAPE.at(
        f"{path}/default_shape", "default_shape is not one of the shapes that shape allows",
        got=quoted(default), allowed=" or ".join(str(shape) for shape in shapes[:4]),
    )  # fmt: skip


def _fits(default: list[Json], shape: list[Json]) -> bool:
    return len(default) == len(shape) and all(
        _fits_dimension(size, wanted) for size, wanted in zip(default, shape, strict=True)
    )


def _fits_dimension(size: Json, wanted: Json) -> bool:
    if not isinstance(wanted, str):
        return size == wanted
    bounds = _bounds(wanted)
    return bounds is None or (is_positive(size) and bounds[0] <= size <= bounds[1])


def _image(path: str, entry: dict[str, Json]) -> Iterator[Finding]:
    kind = entry.get("type", "Tensor")
    if kind not in _TYPES:
        yield IMAGE.at(
            f"{path}/type", f"unknown type {quoted(kind)} of an input",
            got=quoted(kind), allowed=", ".join(_TYPES),
        )  # fmt: skip
    if kind != "Image":
        return
    bias, scale = entry.get("bias"), entry.get("scale")
    if not (isinstance(bias, list) and bias and all(_is_number(item) for item in bias)):
        yield IMAGE.at(
            f"{path}/bias", "an Image input requires bias: one number for each channel",
            got=quoted(bias), allowed="[-1, -1, -1]",
        )  # fmt: skip
    if not _is_number(scale):
        yield IMAGE.at(
            f"{path}/scale", "an Image input requires scale: a number",
            got=quoted(scale), allowed="0.00784",
        )  # fmt: skip


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
