"""SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND, between which TFLite writes dilated convolutions.

TVM's frontend calls functions for them that no runtime has; here they are moves of axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from tvm import relax

Expression = Any  # TVM's own types, which are not there where types are checked
Pairs = Sequence[Sequence[int]]


def space_to_batch(
    data: Expression, shape: Sequence[int], block: Sequence[int], pads: Pairs, zero: float
) -> Expression:
    """Move blocks of space into the batch, after padding with `zero`."""
    batch, space, rest = shape[0], shape[1 : 1 + len(block)], shape[1 + len(block) :]
    widths = [0, 0, *(side for pair in pads for side in pair), *[0, 0] * len(rest)]
    padded = relax.op.nn.pad(data, pad_width=widths, pad_value=zero)
    cells = [
        (size + sum(pair)) // side for size, pair, side in zip(space, pads, block, strict=True)
    ]
    split = [side for pair in zip(cells, block, strict=True) for side in pair]
    apart = relax.op.reshape(padded, [batch, *split, *rest])
    count = len(block)
    axes = [
        *range(2, 2 * count + 1, 2),
        0,
        *range(1, 2 * count + 1, 2),
        *range(2 * count + 1, 2 * count + 1 + len(rest)),
    ]
    return relax.op.reshape(
        relax.op.permute_dims(apart, axes), [batch * prod(block), *cells, *rest]
    )


def batch_to_space(
    data: Expression, shape: Sequence[int], block: Sequence[int], crops: Pairs
) -> Expression:
    """Move blocks of the batch into space, and crop it."""
    count = len(block)
    batch, space, rest = shape[0] // prod(block), shape[1 : 1 + count], shape[1 + count :]
    apart = relax.op.reshape(data, [*block, batch, *space, *rest])
    pairs = [axis for index in range(count) for axis in (count + 1 + index, index)]
    axes = [count, *pairs, *range(2 * count + 1, 2 * count + 1 + len(rest))]
    sizes = [size * side for size, side in zip(space, block, strict=True)]
    whole = relax.op.reshape(relax.op.permute_dims(apart, axes), [batch, *sizes, *rest])
    begin = [first for first, _ in crops]
    end = [size - last for size, (_, last) in zip(sizes, crops, strict=True)]
    return relax.op.strided_slice(whole, axes=list(range(1, 1 + count)), begin=begin, end=end)
