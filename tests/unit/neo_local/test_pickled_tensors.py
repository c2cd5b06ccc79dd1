"""Tensors added to TorchScript's constants, without unpickling what is there."""

from __future__ import annotations

import io
import pickle
from typing import Any

import pytest

from neo_local.rehearsal.pickled_tensors import with_tensors


class Array:
    """What a numpy array says of itself."""

    def __init__(self, dtype: str, *shape: int) -> None:
        self.dtype, self.shape, self.ndim = dtype, shape, len(shape)
        self.size = 1
        for size in shape:
            self.size *= size


class Reader(pickle.Unpickler):
    """Reads tensors as tuples of what they are made of."""

    def find_class(self, module: str, name: str) -> Any:
        known = {"_rebuild_tensor_v2": lambda *parts: parts, "OrderedDict": dict}
        return known.get(name, f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        return pid


def read(content: bytes) -> Any:
    return Reader(io.BytesIO(content)).load()


STORAGE = ("storage", "torch.FloatStorage", "a", "cpu", 24)
FLOATS: Any = (STORAGE, 0, (2, 3, 4), (12, 4, 1), False, {})
SCALAR: Any = (("storage", "torch.LongStorage", "b", "cpu", 1), 0, (), (), False, {})


@pytest.mark.parametrize(
    "known",
    [(), (1,), (1, 2), (1, (2, 3)), ((1, 2), 3, [4, 5], {"a": 6}), tuple(range(300)), ((), ((),))],
)
@pytest.mark.parametrize("protocol", [2, 3])
def test_tensors_come_after_what_was_there(known: tuple[Any, ...], protocol: int) -> None:
    arrays = {"a": Array("float32", 2, 3, 4), "b": Array("int64")}
    content, count = with_tensors(pickle.dumps(known, protocol), arrays)
    assert count == len(known)
    assert read(content) == (*known, FLOATS, SCALAR)


def test_as_torch_writes_no_constants() -> None:
    content, count = with_tensors(b"\x80\x02).", {"a": Array("float32", 2, 3, 4)})
    assert (read(content), count) == ((FLOATS,), 0)


def test_nothing_is_unpickled() -> None:
    attack = b"\x80\x02cos\nsystem\n(X\x04\x00\x00\x00exittR\x85."
    content, count = with_tensors(attack, {})
    assert count == 1
    assert content.startswith(b"\x80\x02(cos\nsystem\n")
