"""The whole look: an archive in, a report out. No exception leaves for what is in the archive."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from reconciler.rules.finding import Finding, Severity
from reconciler.spec.inspection import codes
from reconciler.spec.inspection.archive import Archive, Entry, read_archive
from reconciler.spec.inspection.derive import InputConfig, derive
from reconciler.spec.inspection.errors import Damaged, InspectionError
from reconciler.spec.inspection.facts import Model, Surroundings
from reconciler.spec.inspection.gunzip import ByteStream
from reconciler.spec.inspection.inert_pickle import globals_in
from reconciler.spec.inspection.layout import FRAMEWORKS, check_layout, is_bookkeeping, is_stray
from reconciler.spec.inspection.limits import Budget
from reconciler.spec.inspection.readers import (
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
from reconciler.spec.inspection.sniff import Format, sniff
from reconciler.spec.inspection.source import Source
from reconciler.spec.inspection.tar import Kind

Reader = Callable[[Source, Surroundings], Model]


def _read_sklearn(source: Source, _around: Surroundings) -> Model:
    """A pickle that names scikit-learn; what it holds stays closed."""
    return Model("SKLEARN", "Python pickle", source.name, names_matter=False)


_READERS: Mapping[Format, Reader] = {
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


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one archive.

    Attributes:
        framework: The API's term for the model's framework; empty if none was recognised.
        model: The model, if one could be read.
        others: Further models in the archive.
        config: DataInputConfig as the model implies it.
        findings: What is wrong, most severe first.
        entries: The archive's members.
        compressed: Size of the archive in bytes, as far as it was read.
        expanded: Size of its content in bytes, as far as it was read.
    """

    framework: str = ""
    model: Model | None = None
    others: tuple[Model, ...] = ()
    config: InputConfig = field(default_factory=InputConfig)
    findings: tuple[Finding, ...] = ()
    entries: tuple[Entry, ...] = ()
    compressed: int = 0
    expanded: int = 0


def inspect_stream(stream: ByteStream, budget: Budget, name: str = "") -> Report:
    """Looks into a model archive.

    Args:
        stream: The archive's bytes.
        budget: What it may cost.
        name: The archive's own name; a bare model file is recognised by it.

    Raises:
        OSError: The bytes could not be had. Nothing else is raised, whatever they are.
    """
    opening = stream.read(io.DEFAULT_BUFFER_SIZE)
    joined = _Joined(opening, stream)
    with read_archive(joined, budget) as archive:
        if not archive.entries and opening[:2] != b"\x1f\x8b":
            _keep_bare(archive, opening, stream, budget, name)
        return _report(archive)


class _Joined:
    """A stream with its first bytes put back."""

    def __init__(self, opening: bytes, rest: ByteStream) -> None:
        self._opening = opening
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        if self._opening:
            piece, self._opening = self._opening[:size], self._opening[size:]
            return piece
        return self._rest.read(size)


def _keep_bare(
    archive: Archive, opening: bytes, stream: ByteStream, budget: Budget, name: str
) -> None:
    """A model that was not packed is read all the same, besides the finding that it has to be."""
    path = PurePosixPath(name).name or "model"
    size = len(opening)

    def pieces() -> Iterator[bytes]:
        nonlocal size
        while piece := stream.read(1 << 18):
            size += len(piece)
            budget.check_time()
            if size > budget.limits.expanded_bytes:
                return
            yield piece

    try:
        archive.keep(Entry(path, Kind.FILE, size), opening, pieces(), budget)
    except InspectionError:
        return
    archive.entries[path] = Entry(path, Kind.FILE, size)
    archive.compressed = archive.expanded = size


def _report(archive: Archive) -> Report:
    files = archive.files()
    around = Surroundings(frozenset(entry.path for entry in files), archive.sources)
    formats, findings = _formats(files, archive)
    models: list[Model] = []
    for entry in files:
        found = formats.get(entry.path, Format.OTHER)
        if found in _READERS and not is_bookkeeping(entry):
            model, finding = _read(found, archive.sources[entry.path], around)
            models.extend([model] if model else [])
            findings.extend([finding] if finding else [])
    models.sort(key=_rank)
    framework = _framework(models, formats)
    whole = not any(
        item.code == codes.NOT_AN_ARCHIVE.code and not archive.entries for item in archive.findings
    )
    if whole and not _cut_short(archive):
        findings.extend(check_layout(framework, files, formats))
    findings.extend(_ambiguous(models))
    model = models[0] if models else None
    for item in models:
        findings.extend(item.findings)
    return Report(
        framework=framework,
        model=model,
        others=tuple(models[1:]),
        config=derive(model) if model else InputConfig(),
        findings=tuple(sorted(archive.findings + findings, key=_weight)),
        entries=tuple(archive.entries.values()),
        compressed=archive.compressed,
        expanded=archive.expanded,
    )


def _cut_short(archive: Archive) -> bool:
    """Whether files may be missing only because the reading stopped."""
    stops = {codes.DAMAGED_ARCHIVE.code, codes.TOO_MUCH.code}
    return any(item.code in stops for item in archive.findings)


def _formats(files: list[Entry], archive: Archive) -> tuple[dict[str, Format], list[Finding]]:
    formats: dict[str, Format] = {}
    findings: list[Finding] = []
    for entry in files:
        source = archive.sources.get(entry.path)
        if source is None or is_stray(entry):
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


def _whose_pickle(source: Source) -> Format:
    """Whose objects a pickle holds, by the names that it refers to; it is not unpickled."""
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
    return codes.NOT_FOR_NEO.at(
        codes.ARTIFACT,
        f"{path} is a Keras 3 archive (.keras); Neo takes .h5",
        got=".keras",
        allowed=".h5",
        hint="model.save('model.h5') with Keras 2.2.4.",
    )


def _read(
    found: Format, source: Source, around: Surroundings
) -> tuple[Model | None, Finding | None]:
    try:
        return _READERS[found](source, around), None
    except Damaged as error:
        return None, codes.WRONG_CONTENT.at(
            codes.ARTIFACT,
            f"{source.name} is no whole {found} file: {error}",
            hint="Export or copy it again; compare its size with the original's.",
        )
    except InspectionError as error:
        return None, _unreadable(source.name, error)


def _unreadable(path: str, error: InspectionError) -> Finding:
    return codes.UNREADABLE_MODEL.at(
        codes.ARTIFACT,
        f"{path} could not be read to the end: {error}",
        hint="Its inputs are not checked.",
    )


def _framework(models: list[Model], formats: Mapping[str, Format]) -> str:
    if models:
        return models[0].framework
    return next((FRAMEWORKS[found] for found in formats.values() if found in FRAMEWORKS), "")


def _rank(model: Model) -> tuple[bool, int, str]:
    """Whole models before hollow ones, shallow paths before deep ones."""
    return not model.inputs, model.file.count("/"), model.file


def _ambiguous(models: list[Model]) -> Iterator[Finding]:
    frameworks = sorted({model.framework for model in models})
    if len(frameworks) > 1:
        yield codes.AMBIGUOUS_FRAMEWORK.at(
            codes.ARTIFACT,
            "The archive holds models of several frameworks",
            got=", ".join(f"{model.file} ({model.framework})" for model in models[:6]),
            hint="Pack the one that is to be compiled.",
        )


def _weight(finding: Finding) -> int:
    return list(Severity).index(finding.severity)
