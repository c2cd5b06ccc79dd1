"""Keras's .h5 files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from neo_local.compiler.failure import CompileFailure, input_configuration, local_limit
from neo_local.compiler.model import Tensor
from neo_local.compiler.tensorflow.keras_code import foreign_code
from neo_local.compiler.tensorflow.loaded import (
    LoadedModel,
    TensorFlow,
    declared,
)


def load(path: Path) -> LoadedModel:
    """Load a model, by the Keras of its version. Raises CompileFailure."""
    try:
        version, config = _described(path)
        if found := sorted(set(foreign_code(config))):
            raise local_limit(
                f"the Keras model holds code, which is not run here: {', '.join(found)[:300]}."
            )
        model = _keras(version).models.load_model(path, compile=False)
    except CompileFailure:
        raise
    except Exception as problem:
        raise _not_loaded(str(problem)) from problem
    turned = _is_channels_last(model)
    inputs = [declared(_name(one), one) for one in model.inputs]

    def call(tensors: Sequence[TensorFlow]) -> Sequence[TensorFlow]:
        given = [_to_last(one) if turned and len(one.shape) == 4 else one for one in tensors]
        result = model(given[0] if len(given) == 1 else given, training=False)
        return list(result) if isinstance(result, list | tuple) else [result]

    first = tuple(_channels_first(one) if turned else one for one in inputs)
    return LoadedModel(first, tuple(map(str, model.output_names)), call, "NCHW")


def _described(path: Path) -> tuple[str, Any]:
    """Return the version of Keras that wrote a file, and the configuration in it, if any."""
    import h5py

    with h5py.File(path, "r") as file:
        version, config = (file.attrs.get(key, b"") for key in ("keras_version", "model_config"))
    texts = [one.decode() if isinstance(one, bytes) else str(one) for one in (version, config)]
    return texts[0] or "2", json.loads(texts[1]) if texts[1] else {}


def _keras(version: str) -> TensorFlow:
    if version.startswith("3"):
        import keras

        return keras
    import tf_keras

    return tf_keras


def _not_loaded(problem: str) -> CompileFailure:
    lines = problem.strip().splitlines() or ["unknown"]
    return input_configuration(f"Unable to load provided Keras model. Error: {lines[0][:300]}")


def _name(tensor: TensorFlow) -> str:
    return str(tensor.name).split(":")[0]


def _is_channels_last(model: TensorFlow) -> bool:
    """Return whether the layers agree that channels are last; Neo then wants them first."""
    formats = {getattr(layer, "data_format", None) for layer in _layers(model)} - {None}
    return formats == {"channels_last"}


def _layers(model: TensorFlow) -> list[TensorFlow]:
    found = []
    for layer in getattr(model, "layers", ()):
        found += [layer, *_layers(layer)]
    return found


def _channels_first(tensor: Tensor) -> Tensor:
    if len(tensor.shape) != 4:
        return tensor
    batch, height, width, channels = tensor.shape
    return Tensor(tensor.name, tensor.dtype, (batch, channels, height, width))


def _to_last(tensor: TensorFlow) -> TensorFlow:
    import tensorflow

    return tensorflow.transpose(tensor, [0, 2, 3, 1])
