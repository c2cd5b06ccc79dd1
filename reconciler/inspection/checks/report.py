"""A model archive in, a report out. Nothing in the archive makes this raise."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from reconciler.inspection import codes
from reconciler.inspection.archive import Archive, Entry, read_archive
from reconciler.inspection.checks.input_config import InputConfig, derive
from reconciler.inspection.checks.layout import FRAMEWORKS, check_layout, is_bookkeeping
from reconciler.inspection.checks.operators import check_operators
from reconciler.inspection.errors import InspectionError
from reconciler.inspection.gunzip import ByteStream
from reconciler.inspection.limits import ReadBudget
from reconciler.inspection.model import Model, Surroundings
from reconciler.inspection.readers.archive_formats import formats_of
from reconciler.inspection.readers.file_format import Format
from reconciler.inspection.readers.model_reader import READERS, read_model
from reconciler.inspection.tar import MemberKind
from reconciler.rules.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class InspectionReport:
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


def inspect_stream(stream: ByteStream, budget: ReadBudget, name: str = "") -> InspectionReport:
    """Look into a model archive.

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
    archive: Archive, opening: bytes, stream: ByteStream, budget: ReadBudget, name: str
) -> None:
    """Read a model that was not packed, and report that it has to be."""
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
        archive.keep(Entry(path, MemberKind.FILE, size), opening, pieces(), budget)
    except InspectionError:
        return
    archive.entries[path] = Entry(path, MemberKind.FILE, size)
    archive.compressed = archive.expanded = size


def _report(archive: Archive) -> InspectionReport:
    files = archive.files()
    around = Surroundings(frozenset(entry.path for entry in files), archive.sources)
    formats, findings = formats_of(files, archive.sources)
    models: list[Model] = []
    for entry in files:
        found = formats.get(entry.path, Format.OTHER)
        if found in READERS and not is_bookkeeping(entry):
            model, finding = read_model(found, archive.sources[entry.path], around)
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
        findings.extend(check_operators(item))
    return InspectionReport(
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
    """Return whether files may be missing only because the reading stopped."""
    stops = {codes.DAMAGED_ARCHIVE.code, codes.TOO_MUCH.code}
    return any(item.code in stops for item in archive.findings)


def _framework(models: list[Model], formats: Mapping[str, Format]) -> str:
    if models:
        return models[0].framework
    return next((FRAMEWORKS[found] for found in formats.values() if found in FRAMEWORKS), "")


def _rank(model: Model) -> tuple[bool, int, str]:
    """Order whole models before hollow ones, shallow paths before deep ones."""
    return not model.inputs, model.file.count("/"), model.file


def _ambiguous(models: list[Model]) -> Iterator[Finding]:
    frameworks = sorted({model.framework for model in models})
    if len(frameworks) > 1:
        yield codes.AMBIGUOUS_FRAMEWORK.in_archive(
            "The archive holds models of several frameworks",
            got=", ".join(f"{model.file} ({model.framework})" for model in models[:6]),
            hint="Pack the one that is to be compiled.",
        )


def _weight(finding: Finding) -> int:
    return list(Severity).index(finding.severity)
