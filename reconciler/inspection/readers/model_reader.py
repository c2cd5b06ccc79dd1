"""Give each file to the reader of its format; what a reader raises becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.inspection import codes
from reconciler.inspection.errors import Damaged, InspectionError
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
from reconciler.inspection.readers.archive_formats import unreadable
from reconciler.inspection.readers.file_format import Format
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
        return None, unreadable(source.name, error)
