"""Tensors in PyTorch's pickles, as shapes: from inert records, nothing is rebuilt."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.inspection.inert_pickle import Call, Global, Pairs
from reconciler.inspection.model import Shape

_DEEPEST = 64
_MOST = 100_000
_MOST_INPUTS = 1000
_REBUILD = "torch._utils _rebuild_tensor"
_STORAGES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}


def tensor_shape(record: object) -> tuple[Shape, str] | None:
    """Return the shape and dtype of a tensor record; None if the record is another."""
    if not isinstance(record, Call) or not isinstance(record.function, Global):
        return None
    arguments = record.arguments
    if not record.function.name.startswith(_REBUILD) or not isinstance(arguments, tuple):
        return None
    if len(arguments) < 3 or not isinstance(arguments[2], tuple):
        return None
    sizes = tuple(size for size in arguments[2] if isinstance(size, int) and size > 0)
    if len(sizes) != len(arguments[2]):
        return None
    return sizes, _dtype(arguments[0])


def _dtype(storage: object) -> str:
    arguments = storage.arguments if isinstance(storage, Call) else None
    kind = arguments[1] if isinstance(arguments, tuple) and len(arguments) > 1 else None
    name = kind.name.split(" ")[-1] if isinstance(kind, Global) else ""
    return _STORAGES.get(name, name)


def _walk(record: object) -> Iterator[object]:
    """Yield every record inside, in order, each once."""
    seen: set[int] = set()
    stack: list[tuple[object, int]] = [(record, 0)]
    while stack and len(seen) < _MOST:
        item, depth = stack.pop()
        if id(item) in seen or depth > _DEEPEST:
            continue
        seen.add(id(item))
        yield item
        stack.extend((part, depth + 1) for part in reversed(_parts(item)))


def _parts(item: object) -> list[object]:
    match item:
        case Call():
            return [] if tensor_shape(item) else [item.arguments, item.state]
        case Pairs():
            return [value for _, value in item.items]
        case list() | tuple():
            return list(item)
        case _:
            return []


def traced_tensors(record: object) -> list[tuple[Shape, str]]:
    """Return the example inputs' shapes and dtypes, in the order in which forward takes them.

    A tensor that was given twice is listed twice, although the file holds it once.
    """
    found = []
    stack: list[tuple[object, int]] = [(record, 0)]
    for _ in range(_MOST):
        if not stack:
            break
        item, depth = stack.pop()
        shape = tensor_shape(item)
        if shape is not None:
            found.append(shape)
        elif depth < _DEEPEST:
            stack.extend((part, depth + 1) for part in reversed(_parts(item)))
    return found[:_MOST_INPUTS]


def first_convolution(record: object) -> int:
    """Return the input channels of the first two-dimensional convolution's weight; 0 if unknown."""
    for item in _walk(record):
        if isinstance(item, Call) and isinstance(item.state, Pairs):
            name = item.function.name if isinstance(item.function, Global) else ""
            weight = tensor_shape(item.state.get("weight"))
            if name.endswith("Conv2d") and weight and weight[0] and len(weight[0]) == 4:
                channels = weight[0][1]
                return channels if isinstance(channels, int) else 0
    return 0
