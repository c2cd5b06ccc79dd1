"""TensorFlow and Keras models: converted to TFLite by TensorFlow, compiled as such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from neo_local.compiler.failure import local_limit
from neo_local.compiler.frameworks import tflite
from neo_local.compiler.model import ModelSource, ReadModel, Tensor
from neo_local.compiler.tensorflow.process import convert


def read_model(source: ModelSource) -> ReadModel:
    """Read a SavedModel, a frozen graph or a Keras file. Raises CompileFailure."""
    converted = convert(source)
    model = tflite.read_file(converted.file, None)
    return replace(
        model,
        inputs=_named(model.inputs, converted.inputs),
        outputs=_named(model.outputs, converted.outputs),
        derived_inputs=converted.derived_inputs,
    )


def _named(tensors: Sequence[Tensor], names: Sequence[str]) -> tuple[Tensor, ...]:
    if len(tensors) != len(names):
        raise local_limit(
            f"TensorFlow converts the model to one of {len(tensors)} inputs or outputs; the model "
            f"has {len(names)}: {', '.join(names)[:200]}."
        )
    return tuple(replace(one, name=name) for one, name in zip(tensors, names, strict=True))
