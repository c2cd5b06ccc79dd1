"""Keras .h5 files: the model's configuration, which lies as JSON in an attribute.

Nothing is deserialised: layers are read as the maps they are, Lambda layers' code is left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from reconciler.inspection import codes
from reconciler.inspection.bounded_json import mapping, parse, sequence, text
from reconciler.inspection.model import Dimension, Model, Shape, Surroundings, Tensor
from reconciler.inspection.readers.hdf5 import root_attributes
from reconciler.inspection.source import ByteSource
from reconciler.inspection.versions import newer_than
from reconciler.rules.finding import Finding

NEWEST_VERSION = "2.2"
_DEEPEST = 8
_LAYOUTS = {"channels_last": "NHWC", "channels_first": "NCHW"}


def read(source: ByteSource, _around: Surroundings) -> Model:
    """Return the model in an .h5 file.

    Raises:
        Damaged: It is not an HDF5 file, or its configuration is not JSON.
        Unreadable: Its attributes are kept in a way that is not read here.
    """
    attributes = root_attributes(source)
    version = attributes.get("keras_version", b"").decode("utf-8", "replace")
    backend = attributes.get("backend", b"").decode("utf-8", "replace")
    configuration = (
        mapping(parse(attributes["model_config"], source.budget))
        if "model_config" in attributes
        else {}
    )
    layers = _layers(configuration)
    return Model(
        framework="KERAS",
        format="Keras HDF5",
        file=source.name,
        version=version,
        inputs=tuple(_inputs(configuration, layers)),
        outputs=tuple(_outputs(configuration, layers)),
        operators=dict(Counter(text(layer.get("class_name")) for layer in layers)),
        details={
            "backend": backend,
            "class": text(configuration.get("class_name")),
            "layers": str(len(layers)),
        },
        findings=tuple(_findings(source, attributes, version)),
    )


def _layers(configuration: Mapping[str, object]) -> list[Mapping[str, object]]:
    body = configuration.get("config")
    found = body if isinstance(body, list) else mapping(body).get("layers")
    return [mapping(layer) for layer in sequence(found)]


def _settings(layer: Mapping[str, object]) -> Mapping[str, object]:
    return mapping(layer.get("config"))


def _name(layer: Mapping[str, object]) -> str:
    return text(layer.get("name")) or text(_settings(layer).get("name"))


def _inputs(
    configuration: Mapping[str, object], layers: list[Mapping[str, object]]
) -> Iterator[Tensor]:
    formats = set(_data_formats(layers, 0)) - {""}
    layout = _LAYOUTS.get(formats.pop(), "") if len(formats) == 1 else ""
    declared = _ends(mapping(configuration.get("config")).get("input_layers"))
    given = [layer for layer in layers if layer.get("class_name") == "InputLayer"]
    if given:
        order = {name: index for index, name in enumerate(declared)}
        for layer in sorted(given, key=lambda item: order.get(_name(item), len(order))):
            yield _tensor(layer, _name(layer), layout)
    elif layers and _shape(layers[0]) is not None:
        yield _tensor(layers[0], f"{_name(layers[0])}_input", layout)


def _data_formats(layers: list[Mapping[str, object]], depth: int) -> Iterator[str]:
    """Yield every layer's data format, those of nested models included."""
    for layer in layers:
        yield text(_settings(layer).get("data_format"))
        if depth < _DEEPEST:
            yield from _data_formats(_layers(layer), depth + 1)


def _tensor(layer: Mapping[str, object], name: str, layout: str) -> Tensor:
    shape = _shape(layer)
    kind = _settings(layer).get("dtype")
    dtype = text(kind) or text(mapping(mapping(kind).get("config")).get("name"))
    return Tensor(name, shape, dtype, layout if len(shape or ()) == 4 else "")


def _shape(layer: Mapping[str, object]) -> Shape:
    settings = _settings(layer)
    for key in ("batch_input_shape", "batch_shape"):
        if isinstance(settings.get(key), list):
            return tuple(_dimension(size) for size in sequence(settings[key]))
    return None


def _dimension(value: object) -> Dimension:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _ends(declared: object) -> list[str]:
    """Return names in ``[["a", 0, 0], …]`` or, as Keras 3 writes a single one, ``["a", 0, 0]``."""
    items = sequence(declared)
    if items and isinstance(items[0], str):
        return [items[0]]
    return [text(part[0]) for part in map(sequence, items) if part]


def _outputs(
    configuration: Mapping[str, object], layers: list[Mapping[str, object]]
) -> Iterator[Tensor]:
    names = _ends(mapping(configuration.get("config")).get("output_layers"))
    if not names and layers:
        names = [_name(layers[-1])]
    for name in names:
        yield Tensor(name)


def _findings(
    source: ByteSource, attributes: Mapping[str, bytes], version: str
) -> Iterator[Finding]:
    if "model_config" not in attributes:
        yield codes.KERAS_WEIGHTS_ONLY.in_archive(
            f"{source.name} holds no model configuration: weights only",
            allowed="a whole model, as model.save('model.h5') writes it",
            hint="Save the model, not model.save_weights().",
        )
    if newer_than(version, NEWEST_VERSION):
        yield codes.FRAMEWORK_AGE.in_archive(
            f"{source.name} was written by Keras {version}; Neo lists Keras {NEWEST_VERSION}",
            got=version,
            allowed=f"Keras {NEWEST_VERSION}.x",
            hint="Save it with Keras 2.2.4, or export a TensorFlow SavedModel instead.",
        )
    training = attributes.get("training_config")
    if training is None:
        return
    settings = mapping(parse(training, source.budget))
    if "sample_weight_mode" not in settings:
        yield codes.KERAS_TRAINING_CONFIG.in_archive(
            f"{source.name} has a training configuration without 'sample_weight_mode', which "
            "Keras 2.2.4 requires",
            hint='Neo answers "Unable to load provided Keras model. Error: '
            "'sample_weight_mode'\". Save without it: "
            "model.save('model.h5', include_optimizer=False).",
        )
