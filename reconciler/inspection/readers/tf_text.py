"""TensorFlow graphs as text (.pbtxt): turned into wire format, then read like any other.

Only the fields that the readers look at are kept. The text format is documented at
protobuf.dev/reference/protobuf/textformat-spec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO

from reconciler.inspection.errors import Damaged, LimitReached
from reconciler.inspection.limits import MEBIBYTE
from reconciler.inspection.model import Model, Surroundings
from reconciler.inspection.readers import tensorflow
from reconciler.inspection.readers.tf_graph import dtype_number
from reconciler.inspection.source import ByteSource

_LARGEST = 32 * MEBIBYTE
_DEEPEST = 32
_TOKEN = re.compile(
    rb"""\s+|\#[^\n]*|(?P<mark>[{}<>\[\]:;,])"""
    rb"""|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<word>[\w.+-]+)""",
    re.DOTALL,
)

_Schema = Mapping[str, tuple[int, str]]
_SCHEMAS: Mapping[str, _Schema] = {
    "SavedModel": {"saved_model_schema_version": (1, "int"), "meta_graphs": (2, "MetaGraph")},
    "MetaGraph": {
        "meta_info_def": (1, "Info"),
        "graph_def": (2, "Graph"),
        "signature_def": (5, "SignatureEntry"),
    },
    "Info": {"tensorflow_version": (5, "text")},
    "SignatureEntry": {"key": (1, "text"), "value": (2, "Signature")},
    "Signature": {"inputs": (1, "TensorEntry"), "outputs": (2, "TensorEntry")},
    "TensorEntry": {"key": (1, "text"), "value": (2, "TensorInfo")},
    "TensorInfo": {"name": (1, "text"), "dtype": (2, "int"), "tensor_shape": (3, "Shape")},
    "Graph": {"node": (1, "Node"), "versions": (4, "Versions"), "library": (2, "Library")},
    "Library": {"function": (1, "Function")},
    "Function": {"node_def": (3, "Node")},
    "Versions": {"producer": (1, "int")},
    "Node": {
        "name": (1, "text"),
        "op": (2, "text"),
        "input": (3, "text"),
        "attr": (5, "AttributeEntry"),
    },
    "AttributeEntry": {"key": (1, "text"), "value": (2, "Attribute")},
    "Attribute": {"s": (2, "text"), "type": (6, "int"), "shape": (7, "Shape")},
    "Shape": {"dim": (2, "Dim"), "unknown_rank": (3, "int")},
    "Dim": {"size": (1, "int")},
    "": {},
}


def read(source: ByteSource, around: Surroundings) -> Model:
    """Return the model in a .pbtxt file.

    Raises:
        Damaged: It is not a text-format graph.
        LimitReached: It is larger than is parsed.
    """
    if source.size > _LARGEST:
        raise LimitReached(f"a text graph of {source.size:,} bytes")
    text = b"".join(
        source.read(start, min(MEBIBYTE, source.size - start))
        for start in range(0, source.size, MEBIBYTE)
    )
    kind = "SavedModel" if re.search(rb"(?m)^\s{0,8}meta_graphs\s{0,8}[{:]", text) else "Graph"
    wire = _Parser(text, source).message(kind, 0)
    if not wire:
        raise Damaged("it holds no graph")
    return tensorflow.read(ByteSource(BytesIO(wire), len(wire), source.budget, source.name), around)


class _Parser:
    """Text in, wire format out, one pass."""

    def __init__(self, text: bytes, source: ByteSource) -> None:
        self._tokens = self._lex(text, source)
        self._next: bytes | None = next(self._tokens, None)

    def _lex(self, text: bytes, source: ByteSource) -> Iterator[bytes]:
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise Damaged(f"not valid Protocol Buffers text at byte {position:,}")
            position = match.end()
            source.budget.step()
            if match.lastgroup:
                yield match.group()

    def _take(self) -> bytes:
        token, self._next = self._next, next(self._tokens, None)
        if token is None:
            raise Damaged("the text ends within a message")
        return token

    def message(self, kind: str, depth: int) -> bytes:
        """Return the fields up to the closing bracket (or the end, for the outermost)."""
        if depth > _DEEPEST:
            raise Damaged(f"messages nested more than {_DEEPEST} deep")
        schema, out = _SCHEMAS[kind], bytearray()
        while self._next is not None and self._next not in (b"}", b">"):
            name = self._take().decode("utf-8", "replace")
            if name in (";", ","):
                continue
            number, type_ = schema.get(name, (0, ""))
            if self._next == b":":
                self._take()
            for wire in self._values(type_, depth):
                if number:
                    out += wire_field(number, wire)
        if depth:
            self._take()
        return bytes(out)

    def _values(self, type_: str, depth: int) -> Iterator[int | bytes]:
        if self._next == b"[":
            self._take()
            while self._next != b"]":
                yield self._value(type_, depth)
                if self._next == b",":
                    self._take()
            self._take()
            return
        yield self._value(type_, depth)

    def _value(self, type_: str, depth: int) -> int | bytes:
        token = self._take()
        if token in (b"{", b"<"):
            return self.message(type_ if type_ in _SCHEMAS else "", depth + 1)
        if token[:1] in b"\"'":
            text = token[1:-1]
            while self._next is not None and self._next[:1] in (b'"', b"'"):
                text += self._take()[1:-1]
            return text
        return _number(token) if type_ == "int" else token


def _number(token: bytes) -> int:
    word = token.decode("ascii", "replace")
    if word.startswith("DT_"):
        return dtype_number(word)
    if word in ("true", "false"):
        return int(word == "true")
    return int(word) if re.fullmatch(r"-?\d{1,19}", word) else 0


def wire_field(number: int, value: int | bytes) -> bytes:
    """Return one field in wire format."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
