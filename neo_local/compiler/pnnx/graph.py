"""What pnnx leaves: a graph of PyTorch's operators as text, and a zip with the weights."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy

Array = Any  # numpy's, which is not there where types are checked
Value = bool | int | float | str | None | tuple[Any, ...]

ATTRIBUTE = "pnnx.Attribute"
_MAGIC = "7767517"
_DTYPES = {
    "f16": "float16",
    "f32": "float32",
    "f64": "float64",
    "i8": "int8",
    "i16": "int16",
    "i32": "int32",
    "i64": "int64",
    "u8": "uint8",
    "bool": "bool",
}
_TENSOR = re.compile(r"\((?P<sizes>[\d,?]*)\)(?P<dtype>\w+)")
_WORDS: Mapping[str, Value] = {"None": None, "True": True, "False": False}


class BadGraph(ValueError):
    """The files are not as pnnx writes them; the text says what is not."""


@dataclass(frozen=True, slots=True)
class TensorType:
    """The shape and element type of a tensor, fixed when the model is read."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Operator:
    """A call of one of PyTorch's operators.

    Attributes:
        kind: Its name in PyTorch, such as ``nn.Conv2d`` or ``torch.cat``.
        name: What the weights' names begin with.
        inputs: Names of tensors.
        outputs: Names of tensors.
        parameters: Its arguments that are no tensors.
        arguments: The inputs that have a name among its arguments.
        weights: The names of its weights.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: Mapping[str, Value]
    arguments: Mapping[str, str]
    weights: tuple[str, ...]


class Graph:
    """The operators in order, the types of the tensors between them, and the weights."""

    def __init__(self, text: str, weights: zipfile.ZipFile) -> None:
        self.types: dict[str, TensorType] = {}
        self._weight_types: dict[str, TensorType] = {}
        self._zip = weights
        lines = text.splitlines()
        if lines[:1] != [_MAGIC]:
            raise BadGraph("it lacks its first line")
        self.operators = tuple(self._operator(line.split()) for line in lines[2:] if line.strip())

    def _operator(self, words: list[str]) -> Operator:
        try:
            kind, name, takes, gives = words[0], words[1], int(words[2]), int(words[3])
            inputs = tuple(words[4 : 4 + takes])
            outputs = tuple(words[4 + takes : 4 + takes + gives])
            pairs = [word.split("=", 1) for word in words[4 + takes + gives :]]
            fields = {key: text for key, text in pairs}
        except (ValueError, IndexError):
            raise BadGraph(f"an operator cannot be read: {' '.join(words)[:100]}") from None
        weights = tuple(key[1:] for key in fields if key.startswith("@"))
        self._weight_types |= {f"{name}.{key}": _type(fields[f"@{key}"]) for key in weights}
        self.types |= {
            key[1:]: _type(text)
            for key, text in fields.items()
            if key[0] == "#" and "?" not in text
        }
        if kind == ATTRIBUTE and outputs:  # some say their type only here
            self.types.setdefault(outputs[0], self._weight_types[f"{name}.data"])
        arguments = {key[1:]: text for key, text in fields.items() if key[0] == "$"}
        parameters = {key: _value(text) for key, text in fields.items() if key[0] not in "@#$"}
        return Operator(kind, name, inputs, outputs, parameters, arguments, weights)

    def weight(self, operator: Operator, key: str) -> Array:
        """Return one of an operator's weights. Raises BadGraph."""
        name = f"{operator.name}.{key}"
        try:
            kind, content = self._weight_types[name], self._zip.read(name)
        except (KeyError, zipfile.BadZipFile, OSError) as problem:
            raise BadGraph(f"weight {name!r} of {operator.kind} is missing") from problem
        dtype = numpy.dtype(kind.dtype)
        if len(content) != prod(kind.shape) * dtype.itemsize:
            raise BadGraph(f"weight {name!r} is not of shape {kind.shape}")
        return numpy.frombuffer(content, dtype).reshape(kind.shape)


def read_graph(parameters: Path, weights: Path) -> Graph:
    """Read the two files of a graph; the weights are read as they are asked for.

    Raises BadGraph.
    """
    try:
        return Graph(parameters.read_text(), zipfile.ZipFile(weights))
    except (OSError, UnicodeDecodeError, zipfile.BadZipFile) as problem:
        raise BadGraph(str(problem)) from problem


def tensor_types(text: str) -> tuple[TensorType, ...]:
    """Return the tensors of a list such as ``[1,3,224,224]f32,[1,8]i64``."""
    found = re.findall(r"\[([\d,]+)\](\w+)", text)
    return tuple(_type(f"({sizes}){dtype}") for sizes, dtype in found)


def listed(types: Iterator[TensorType]) -> str:
    """Return tensors as a list that `tensor_types` reads."""
    short = {name: code for code, name in _DTYPES.items()}
    return ",".join(f"[{','.join(map(str, one.shape))}]{short[one.dtype]}" for one in types)


def _type(text: str) -> TensorType:
    found = _TENSOR.fullmatch(text)
    if found is None or found["dtype"] not in _DTYPES:
        raise BadGraph(f"unknown type of tensors: {text[:60]}")
    sizes = tuple(int(size) for size in found["sizes"].split(",") if size)
    return TensorType(sizes, _DTYPES[found["dtype"]])


def _value(text: str) -> Value:
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith("(") and text.endswith(")"):
        return tuple(_value(one) for one in text[1:-1].split(",") if one)
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
