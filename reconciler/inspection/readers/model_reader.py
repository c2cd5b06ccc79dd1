"""Give each file to the reader of its format; what a reader raises becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.inspection import codes
from reconciler.inspection.archive import Entry
from reconciler.inspection.errors import Damaged, InspectionError
from reconciler.inspection.inert_pickle import globals_in
from reconciler.inspection.model import Model, Surroundings
from reconciler.inspection.readers import (
    darknet,
    keras,
    mxnet,
    onnx,
    tensorflow,
    tf_text,
    tflite,
    torch,
    xgboost,
)
from reconciler.inspection.readers.file_format import Format, sniff
from reconciler.inspection.source import ByteSource
from reconciler.rules.finding import Finding

Reader = Callable[[ByteSource, Surroundings], Model]


def _read_sklearn(source: ByteSource, _around: Surroundings) -> Model:
    """Return the model of a pickle that names scikit-learn; its content is not read."""
    return Model("SKLEARN", "Python pickle", source.name, names_matter=False)


READERS: Mapping[Format, Reader] = {
    Format.ONNX: onnx.read,
    Format.TENSORFLOW: tensorflow.read,
    Format.TENSORFLOW_TEXT: tf_text.read,
    Format.TFLITE: tflite.read,
    Format.HDF5: keras.read,
    Format.TORCH: torch.read,
    Format.XGBOOST: xgboost.read,
    Format.MXNET: mxnet.read,
    Format.DARKNET: darknet.read,
    Format.SKLEARN: _read_sklearn,
}
_PICKLE_HEAD = 64 * 1024


def formats_of(
    files: Sequence[Entry], sources: Mapping[str, ByteSource]
) -> tuple[dict[str, Format], list[Finding]]:
    """Return the format of each file that was read, and the files whose format is unknown."""
    formats: dict[str, Format] = {}
    findings: list[Finding] = []
    for entry in files:
        source = sources.get(entry.path)
        if source is None or entry.is_stray:
            continue
        try:
            found = sniff(entry, source)
            if found is Format.PICKLE:
                found = _whose_pickle(source)
        except InspectionError as error:
            findings.append(_unreadable(entry.path, error))
            continue
        formats[entry.path] = found
        if found is Format.KERAS_ZIP:
            findings.append(_keras_zip(entry.path))
    return formats, findings


def _whose_pickle(source: ByteSource) -> Format:
    """Return the format of a pickle by the names that it refers to; it is not unpickled."""
    names = " ".join(globals_in(source.head(_PICKLE_HEAD), source.budget))
    if "xgboost" in names:
        return Format.XGBOOST
    if "torch" in names:
        return Format.TORCH
    if "sklearn" in names:
        return Format.SKLEARN
    if source.name.endswith((".pt", ".pth")):
        return Format.TORCH
    return Format.XGBOOST if source.name.endswith("xgboost-model") else Format.PICKLE


def _keras_zip(path: str) -> Finding:
    return codes.NOT_FOR_NEO.in_archive(
        f"{path} is a Keras 3 archive (.keras); Neo takes .h5",
        got=".keras",
        allowed=".h5",
        hint="model.save('model.h5') with Keras 2.2.4.",
    )


def read_model(
    found: Format, source: ByteSource, around: Surroundings
) -> tuple[Model | None, Finding | None]:
    """Return the model in a file, or the finding that says why it cannot be read."""
    try:
        return READERS[found](source, around), None
    except Damaged as error:
        return None, codes.WRONG_CONTENT.in_archive(
            f"{source.name} is not a complete {found} file: {error}",
            hint="Export or copy it again; compare its size with the original's.",
        )
    except InspectionError as error:
        return None, _unreadable(source.name, error)


def _unreadable(path: str, error: InspectionError) -> Finding:
    return codes.UNREADABLE_MODEL.in_archive(
        f"{path} could not be read to the end: {error}",
        hint="Its inputs are not checked.",
    )
