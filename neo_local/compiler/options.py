"""The two JSON texts of a request, read as leniently as the service's own examples need.

AWS's documentation writes ``{'data': [1,3,224,224]}`` with single quotes, so Python literals
are taken as well.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence

from neo_local.compiler.failure import CompileFailure, input_configuration

Shapes = dict[str, list[int]]
_HONOURED = frozenset({"mcpu", "mattr"})


def parse_text(text: str) -> object:
    """JSON, or a Python literal. Raises ValueError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as first:
        try:
            return ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            raise ValueError(str(first)) from first


def parse_options(text: str | None) -> object:
    """Read CompilerOptions: an object, or a string of flags; {} if there are none."""
    if not text:
        return {}
    try:
        return parse_text(text)
    except ValueError as problem:
        raise CompileFailure(
            f"ClientError: OutputConfiguration: Cannot load CompilerOptions. "
            f"Incorrect json format. {problem}"
        ) from problem


def ignored_options(options: object) -> list[str]:
    """Return the keys of CompilerOptions that the local engine does not honour."""
    if isinstance(options, Mapping):
        return sorted(str(key) for key in options if key not in _HONOURED)
    return ["(text)"] if options else []


def parse_shapes(text: str) -> Shapes:
    """DataInputConfig in its plain form, name to shape. Raises CompileFailure."""
    try:
        value = parse_text(text)
    except ValueError as problem:
        raise input_configuration(
            f"Cannot load DataInputConfig. Incorrect json format. {problem}"
        ) from problem
    if not isinstance(value, Mapping):
        raise input_configuration("DataInputConfig is not dictionary.")
    return {str(name): _shape(str(name), shape) for name, shape in value.items()}


def parse_shapes_in_order(text: str) -> Shapes:
    """DataInputConfig of PyTorch, whose inputs have no names; a list of shapes is taken as well.

    Raises CompileFailure.
    """
    try:
        value = parse_text(text)
    except ValueError:
        return parse_shapes(text)
    if not isinstance(value, list):
        return parse_shapes(text)
    return {f"input{index}": _shape(f"input{index}", one) for index, one in enumerate(value)}


def _shape(name: str, shape: object) -> list[int]:
    good = isinstance(shape, Sequence) and not isinstance(shape, str)
    if not good or not all(type(one) is int and one > 0 for one in shape):  # type: ignore[attr-defined]  # a list
        raise input_configuration(
            f"Input {name} has wrong shape in Input Shape dictionary. Every dimension must be a "
            f"positive integer, got {json.dumps(shape, default=str)[:200]}"
        )
    return list(shape)  # type: ignore[call-overload, no-any-return]  # a list
