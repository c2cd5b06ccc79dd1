"""NEO307 and NEO310: is the shape of an image in the framework's layout?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.rules.catalog.frameworks import LAYOUTS, Layout
from reconciler.rules.finding import Finding
from reconciler.rules.rule import warning

LAYOUT: Final = warning("NEO307", "wrong-image-layout")
NO_BATCH: Final = warning("NEO310", "missing-batch-dimension")

RULES: Final = (LAYOUT, NO_BATCH)

_CHANNELS: Final = (1, 3, 4)
_IMAGE_SIDE: Final = 16


def check(framework: str | None, path: str, sizes: list[int]) -> Iterator[Finding]:
    """Yield findings about the places of an image's batch and channels."""
    wanted = LAYOUTS.get(framework or "", Layout.FREE)
    if wanted is Layout.FREE or len(sizes) < 3:
        return
    looks = _looks_like(sizes)
    if len(sizes) == 3:
        if _is_image_without_batch(sizes):
            yield NO_BATCH.at(
                path, "this looks like the shape of an image without a batch dimension",
                got=str(sizes), allowed=str([1, *sizes]),
                hint="Put the batch size first.",
            )  # fmt: skip
        return
    if looks is not Layout.FREE and looks is not wanted:
        yield LAYOUT.at(
            path, f"{framework} expects {wanted}; this shape looks like {looks}",
            got=str(sizes), allowed=str(_swapped(sizes, wanted)),
            hint="Keras models are NHWC, but DataInputConfig declares them as NCHW."
            if framework == "KERAS" else "A wrong layout fails after minutes.",
        )  # fmt: skip


def _looks_like(sizes: list[int]) -> Layout:
    """Return the layout by where the channels are: 1, 3 or 4, and everything else larger."""
    first, last = sizes[1], sizes[-1]
    if first in _CHANNELS and last > max(_CHANNELS):
        return Layout.NCHW
    if last in _CHANNELS and first > max(_CHANNELS):
        return Layout.NHWC
    return Layout.FREE


def _is_image_without_batch(sizes: list[int]) -> bool:
    """Return whether it has three channels and two long sides; 3 sequences are rarer."""
    for channels, *sides in (sizes, sizes[::-1]):
        if channels == 3 and min(sides) >= _IMAGE_SIDE:
            return True
    return False


def _swapped(sizes: list[int], wanted: Layout) -> list[int]:
    batch, *rest = sizes
    return [batch, rest[-1], *rest[:-1]] if wanted is Layout.NCHW else [batch, *rest[1:], rest[0]]
