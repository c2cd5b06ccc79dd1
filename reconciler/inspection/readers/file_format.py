"""The format of a file, by its first bytes and its name."""

from __future__ import annotations

import re
from enum import StrEnum

from reconciler.inspection.archive import Entry
from reconciler.inspection.errors import InspectionError
from reconciler.inspection.protobuf import Span, last, whole
from reconciler.inspection.readers.hdf5_file import beginning
from reconciler.inspection.readers.mxnet_params import LIST_MARK
from reconciler.inspection.source import ByteSource
from reconciler.inspection.zip_member import Zip

_HEAD = 4096
_MODEL_NAMES = (".pb", ".onnx", ".pth", ".pt", ".h5", ".tflite")
_UBJSON = b"{L" + bytes(6)  # an object, its first key's length in 64 bits


class Format(StrEnum):
    """Formats of files that are recognised."""

    ONNX = "ONNX"
    TENSORFLOW = "TensorFlow"
    TENSORFLOW_TEXT = "TensorFlow text"
    TFLITE = "TFLite"
    HDF5 = "HDF5"
    TORCH = "PyTorch"
    XGBOOST = "XGBoost"
    SKLEARN = "scikit-learn"
    PICKLE = "pickle"
    MXNET = "MXNet symbol"
    MXNET_PARAMS = "MXNet parameters"
    DARKNET = "Darknet"
    KERAS_ZIP = "Keras 3 archive"
    COREML = "Core ML"
    OTHER = ""


def sniff(entry: Entry, source: ByteSource) -> Format:
    """Return the format of a file; OTHER if it is not a model."""
    head = source.head(_HEAD)
    binary = _by_signature(head, source)
    if binary is not None:
        return binary
    if entry.suffix == ".cfg" and re.match(rb"\s*(?:[#;].*\n\s*)*\[net(?:work)?\]", head):
        return Format.DARKNET
    if entry.suffix == ".pbtxt":
        graph = re.search(rb"(?m)^\s{0,8}(node|graph_def|meta_graphs)\s{0,8}[{:<]", head)
        return Format.TENSORFLOW_TEXT if graph else Format.OTHER
    if head[:1] == b"{":
        return _by_json(entry, head)
    if _is_xgboost(head):
        return Format.XGBOOST
    return _by_protobuf(entry, source)


def _by_signature(head: bytes, source: ByteSource) -> Format | None:
    if beginning(source) is not None:
        return Format.HDF5
    if head[4:8] == b"TFL3":
        return Format.TFLITE
    if head.startswith(b"PK\x03\x04"):
        return _by_zip(source)
    if head.startswith(b"\x80\x02\x8a\x0al\xfc\x9cF"):
        return Format.TORCH
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return Format.PICKLE
    if head[:8] == LIST_MARK.to_bytes(8, "little"):
        return Format.MXNET_PARAMS
    return None


def _by_zip(source: ByteSource) -> Format:
    try:
        names = Zip(source).names
    except InspectionError:
        return Format.TORCH
    if {"metadata.json", "config.json"} <= names:
        return Format.KERAS_ZIP
    return Format.TORCH


def _by_json(entry: Entry, head: bytes) -> Format:
    if head.startswith(_UBJSON) or b'"learner"' in head:
        return Format.XGBOOST
    if entry.name.endswith("-symbol.json") or re.match(rb'\{\s*"nodes"\s*:', head):
        return Format.MXNET
    return Format.OTHER


def _is_xgboost(head: bytes) -> bool:
    """Return whether this is the old binary form, by the two names at their places."""
    if head.startswith((b"binf", b"bs64")):
        return True
    length = int.from_bytes(head[136:144], "little")
    name = head[144 : 144 + length]
    return 0 < length < 64 and re.fullmatch(rb"[a-z0-9:_]+", name) is not None


def _by_protobuf(entry: Entry, source: ByteSource) -> Format:
    """Tell ONNX and TensorFlow apart by the fields of their messages."""
    root = whole(source)
    try:
        numbers = {number for number, _ in root.fields()}
        if 7 in numbers and 8 in numbers and isinstance(last(root, 7), Span):
            return Format.ONNX
        if (
            entry.suffix in _MODEL_NAMES
            and numbers <= {1, 2, 3, 4}
            and isinstance(last(root, 1), Span | int)
        ):
            return Format.TENSORFLOW
    except InspectionError:
        pass
    named = {".onnx": Format.ONNX, ".pb": Format.TENSORFLOW}
    return named.get(entry.suffix, Format.OTHER)
