"""Tensors added to a pickled tuple, as TorchScript files keep their constants."""

from __future__ import annotations

import io
import pickletools
import struct
from collections.abc import Mapping, Sequence
from typing import Any

Array = Any  # numpy's, which is not there where types are checked
_STORAGES = {
    "bool": "Bool",
    "float16": "Half",
    "float32": "Float",
    "float64": "Double",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
    "uint8": "Byte",
}
_TUPLES = {"EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}
_PROTOCOL = b"\x80\x02"


def with_tensors(known: bytes, arrays: Mapping[str, Array]) -> tuple[bytes, int]:
    """Return a pickled tuple with tensors at its end, and how many items it had before.

    The tensors' numbers are files under the keys of `arrays`. Nothing is unpickled.
    """
    operations = list(pickletools.genops(known))
    at = next(i for i in reversed(range(len(operations))) if operations[i][0].name in _TUPLES)
    kind, _, place = operations[at]
    begin = operations[1][2] if operations[0][0].name == "PROTO" else 0
    items = known[begin:place]
    count = _items(operations[:at], kind)
    if kind.name != "TUPLE":
        items = b"(" + items
    added = b"".join(_tensor(key, one) for key, one in arrays.items())
    return _PROTOCOL + items + added + b"t.", count


def _items(operations: Sequence[Any], last: Any) -> int:  # noqa: ANN401 - pickletools' tuples
    """Return how many items the last operation, which makes a tuple, takes."""
    stack: list[bool] = []  # of each item, whether it is a mark
    for kind, _, _ in (*operations, (last, None, 0)):
        if pickletools.markobject in kind.stack_before:
            mark = len(stack) - 1 - stack[::-1].index(True)
            taken = len(stack) - mark - 1
            del stack[mark - kind.stack_before.index(pickletools.markobject) :]
        else:
            taken = len(kind.stack_before)
            del stack[len(stack) - taken :]
        stack += [one is pickletools.markobject for one in kind.stack_after]
    return taken


def _tensor(key: str, array: Array) -> bytes:
    """Return the pickle of a tensor whose numbers are a file among the constants."""
    steps = [1]
    for size in reversed(array.shape[1:]):
        steps.insert(0, steps[0] * size)
    out = io.BytesIO()
    out.write(b"ctorch._utils\n_rebuild_tensor_v2\n((" + _text("storage"))
    out.write(f"ctorch\n{_STORAGES[str(array.dtype)]}Storage\n".encode())
    out.write(_text(key) + _text("cpu") + _number(array.size) + b"tQK\x00")
    for sizes in (array.shape, steps[: array.ndim]):
        out.write(b"(" + b"".join(map(_number, sizes)) + b"t")
    out.write(b"\x89ccollections\nOrderedDict\n)RtR")
    return out.getvalue()


def _text(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def _number(number: int) -> bytes:
    return b"\x8a\x08" + struct.pack("<q", number)
