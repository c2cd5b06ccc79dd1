"""MXNet's .params: names and shapes of the arrays; their values are passed over.

A list of NDArrays as MXNet's NDArray::Save writes it (src/ndarray/ndarray.cc): the list's
mark, the arrays, then their names.
"""

from __future__ import annotations

from reconciler.inspection.errors import Damaged, Unreadable
from reconciler.inspection.model import Shape
from reconciler.inspection.source import ByteSource

LIST_MARK = 0x112
_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_WIDTHS = (4, 8, 2, 1, 4, 1, 8, 1)
_MOST = 100_000


def read_params(source: ByteSource) -> dict[str, Shape]:
    """Return shapes by parameter name, without the ``arg:`` and ``aux:`` of MXNet's modules.

    Raises:
        Damaged: It is not a list of NDArrays.
        Unreadable: It holds sparse arrays.
    """
    if source.size < 24 or source.u64(0) != LIST_MARK:
        raise Damaged(f"{source.name} is not a list of MXNet arrays")
    count, position = _count(source, 16), 24
    shapes: list[Shape] = []
    for _ in range(count):
        shape, position = _array(source, position)
        shapes.append(shape)
    names = _count(source, position)
    position += 8
    found: dict[str, Shape] = {}
    for index in range(names):
        length = source.u64(position)
        name = source.text(position + 8, length)
        found[name.split(":", 1)[-1]] = shapes[index] if index < len(shapes) else None
        position += 8 + length
    return found


def _count(source: ByteSource, position: int) -> int:
    count = source.u64(position)
    if count > _MOST:
        raise Damaged(f"{source.name} claims {count:,} arrays")
    return count


def _array(source: ByteSource, position: int) -> tuple[Shape, int]:
    source.budget.step()
    mark = source.u32(position)
    position += 4
    if mark in (_V2, _V3):
        if source.i32(position) > 0:
            raise Unreadable(f"{source.name} holds sparse arrays")
        position += 4
    if mark in (_V1, _V2, _V3):
        rank, width = source.i32(position), 8
        position += 4
    else:
        rank, width = mark, 4
    if not 0 <= rank <= 32:
        raise Damaged(f"{source.name} holds an array of {rank} dimensions")
    sizes = source.unpack(f"<{rank}{'q' if width == 8 else 'I'}", position)
    position += width * rank
    if rank == 0 and mark != _V3:
        return (), position
    return _skip_data(source, position, sizes)


def _skip_data(source: ByteSource, position: int, sizes: tuple[int, ...]) -> tuple[Shape, int]:
    kind = source.i32(position + 8)
    if not 0 <= kind < len(_WIDTHS) or any(size < 0 for size in sizes):
        raise Damaged(f"{source.name} holds an array of unknown kind")
    total = _WIDTHS[kind]
    for size in sizes:
        total *= size
    if position + 12 + total > source.size:
        raise Damaged(f"{source.name} breaks off in an array's values")
    return tuple(sizes), position + 12 + total
