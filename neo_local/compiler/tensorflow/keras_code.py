"""What a Keras model's configuration would have run, or imported, that is not Keras's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_MARSHALLED = {"Lambda", "__lambda__"}
_OPERATION = {"TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty"}
_PACKAGES = {"builtins", "keras", "tf_keras"}
# TensorFlow's functions that layers of a functional model may call by their names.
_NAMESPACES = {"__operators__", "bitwise", "image", "linalg", "math", "nn", "signal"}
_LOADERS = {"function", "load_library", "load_op_library", "numpy_function", "print", "py_function"}


def foreign_code(config: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield a name for each piece of foreign code in a configuration, which may be anything."""
    left = [config]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            yield from _in_object(part)
            left += part.values()
        elif isinstance(part, list):
            left += part


def _in_object(part: dict[str, Any]) -> Iterator[str]:
    kind, module = part.get("class_name"), part.get("module")
    inner = part.get("config")
    if isinstance(kind, str) and kind in _MARSHALLED:
        name = inner.get("name") if isinstance(inner, dict) else None
        yield f"{kind} {name!r}" if name else kind
    if isinstance(module, str) and module.partition(".")[0] not in _PACKAGES:
        yield f"{module!r}"
    if isinstance(kind, str) and kind in _OPERATION and isinstance(inner, dict):
        called = inner.get("function", inner.get("cls_symbol", ""))
        if not isinstance(called, str) or not _is_pure(called):
            yield f"{kind} {called!r}"


def _is_pure(called: str) -> bool:
    """Return whether a function of TensorFlow, by its public name, computes and does no more."""
    namespace, dot, _ = called.partition(".")
    return namespace in _NAMESPACES if dot else called not in _LOADERS
