"""A compiled artifact, read from its archive: files, library, description, digests.

Nothing in the archive makes this raise, and nothing of it is loaded or written under its own name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Final

from reconciler.inspection.archive import Archive, Entry, may_be_model, read_archive
from reconciler.inspection.checks.layout import FRAMEWORKS
from reconciler.inspection.codes import TOO_MUCH
from reconciler.inspection.errors import InspectionError
from reconciler.inspection.gunzip import ByteStream
from reconciler.inspection.limits import ReadBudget
from reconciler.inspection.readers.archive_formats import formats_of
from reconciler.inspection.readers.file_format import Format
from reconciler.inspection.source import ByteSource
from reconciler.rules.finding import Finding, Severity
from reconciler.verification import codes, elf, pe
from reconciler.verification.description import Description, read_graph, read_meta
from reconciler.verification.digests import DigestCheck
from reconciler.verification.elf import SharedLibrary, read_elf
from reconciler.verification.pe import read_pe

RUNTIME_LIBRARY: Final = "libdlr.so"  # DLR itself, which Neo packs beside the model
_WANTED: Final = frozenset({".so", ".dll", ".meta", ".json", ".params", ".ro"})
_AUXILIARY: Final = frozenset({"version.json", "model-shapes.json", "hyperparams.json"})
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Artifact:
    """What is in an artifact's archive.

    Attributes:
        files: The regular files.
        libraries: The shared libraries that could be read, by path, DLR's own left out.
        runtimes: DLR's own, which is loaded instead of the device's if it is packed.
        description: What it says of itself; None if it says nothing that could be read.
        models: Files in the format of a framework's model, by path, with the API's framework.
        contents: SHA-256 of each file that was looked into, by path.
        digest: The comparison with the digest that was expected; None if it was not made.
        sha256: The archive's; empty if it was not read to its end.
        findings: What is wrong with the archive and its files, whatever was ordered.
    """

    files: tuple[Entry, ...] = ()
    libraries: Mapping[str, SharedLibrary] = field(default_factory=dict)
    runtimes: Mapping[str, SharedLibrary] = field(default_factory=dict)
    description: Description | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)
    digest: DigestCheck | None = None
    findings: tuple[Finding, ...] = ()
    size: int = 0
    sha256: str = ""

    def ending(self, *suffixes: str) -> list[Entry]:
        """Return the files with one of these endings."""
        return [entry for entry in self.files if entry.suffix in suffixes]


def read_artifact(stream: ByteStream, budget: ReadBudget, digest: str = "") -> Artifact:
    """Read an artifact, and compare its bytes with a digest if one is given.

    Raises:
        OSError: The bytes could not be had. Nothing else is raised, whatever they are.
    """
    hashed = _Hashed(stream, DigestCheck(digest))
    with read_archive(hashed, budget, wanted=_may_matter) as archive:
        whole = hashed.drain(budget)
        return replace(
            _artifact(archive, hashed.check if whole and digest else None, hashed.size),
            sha256=hashed.sha256.hexdigest() if whole else "",
        )


def read_model_files(stream: ByteStream, budget: ReadBudget) -> tuple[frozenset[str], str]:
    """Return the SHA-256 of each file of a model's archive that may be its model.

    Besides, why the archive was not read to its end; empty if it was.
    """
    with read_archive(stream, budget) as archive:
        stopped = [each.message for each in archive.findings if each.severity is Severity.ERROR]
        return frozenset(_contents(archive.sources).values()), " ".join(stopped)


class _Hashed:
    """A stream that is hashed as it is read."""

    def __init__(self, stream: ByteStream, check: DigestCheck) -> None:
        self._stream = stream
        self.check = check
        self.sha256 = hashlib.sha256()
        self.size = 0

    def read(self, size: int, /) -> bytes:
        piece = self._stream.read(size)
        self.size += len(piece)
        self.check.update(piece)
        self.sha256.update(piece)
        return piece

    def drain(self, budget: ReadBudget) -> bool:
        """Read what is left; return whether the end was reached within the limits."""
        try:
            while self.size <= budget.limits.archive_bytes:
                budget.check_time()
                if not self.read(_CHUNK):
                    return True
        except InspectionError:
            pass
        return False


def _may_matter(entry: Entry, head: bytes) -> bool:
    known = entry.suffix in _WANTED or head.startswith((elf.MAGIC, pe.MAGIC))
    return known or may_be_model(entry, head)


def _artifact(archive: Archive, digest: DigestCheck | None, size: int) -> Artifact:
    files = tuple(archive.files())
    read, damaged = _libraries(files, archive.sources)
    runtimes = {
        path: one for path, one in read.items() if PurePosixPath(path).name == RUNTIME_LIBRARY
    }
    description, unread = _description(files, archive.sources)
    return Artifact(
        files=files,
        libraries={path: one for path, one in read.items() if path not in runtimes},
        runtimes=runtimes,
        description=description,
        models=_models(files, archive.sources),
        contents=_contents(archive.sources),
        digest=digest,
        findings=(*map(_of_artifact, archive.findings), *damaged, *unread),
        size=size,
    )


def _of_artifact(finding: Finding) -> Finding:
    """Return a finding about a model's archive as one about an artifact's."""
    hint = "Fetch it again from ModelArtifacts.S3ModelArtifacts, and compare the sizes."
    if finding.code == TOO_MUCH.code:
        hint = "`neoctl verify --max-gib --timeout` reads more."
    return replace(finding, path=codes.ARTIFACT, hint=hint)


def _libraries(
    files: Iterable[Entry], sources: Mapping[str, ByteSource]
) -> tuple[dict[str, SharedLibrary], list[Finding]]:
    libraries: dict[str, SharedLibrary] = {}
    findings: list[Finding] = []
    for entry in files:
        source = sources.get(entry.path)
        if source is None:
            continue
        is_elf, is_pe = source.head(4) == elf.MAGIC, source.head(2) == pe.MAGIC
        if not (is_elf or is_pe or entry.suffix in (".so", ".dll")):
            continue
        try:
            libraries[entry.path] = read_pe(source) if is_pe else read_elf(source)
        except InspectionError as error:
            findings.append(
                codes.DAMAGED_LIBRARY.at(
                    codes.ARTIFACT,
                    f"{entry.path} is not a library that can be loaded: {error}",
                    hint="Compile again; a device would refuse to load it.",
                )
            )
    return libraries, findings


def _description(
    files: Iterable[Entry], sources: Mapping[str, ByteSource]
) -> tuple[Description | None, list[Finding]]:
    """Return the artifact's description, from its ``.meta`` or else from its graph."""
    named = [(entry, sources[entry.path]) for entry in files if entry.path in sources]
    weights = next((source for entry, source in named if entry.suffix == ".params"), None)
    findings: list[Finding] = []
    for entry, source in sorted(named, key=lambda pair: pair[0].suffix != ".meta"):
        try:
            if entry.suffix == ".meta":
                return read_meta(source), findings
            if entry.suffix == ".json" and entry.name not in _AUXILIARY and weights is not None:
                return read_graph(source, weights), findings
        except InspectionError as error:
            findings.append(
                codes.UNREADABLE.at(
                    codes.ARTIFACT, f"{entry.path} could not be read: {error}",
                    hint="Inputs and outputs are not compared.",
                )
            )  # fmt: skip
    return None, findings


def _models(files: Iterable[Entry], sources: Mapping[str, ByteSource]) -> dict[str, str]:
    """Return the files that are a framework's models, graphs and weights of TVM's left out."""
    formats, _ = formats_of([entry for entry in files if entry.suffix != ".so"], sources)
    return {
        path: FRAMEWORKS[found]
        for path, found in formats.items()
        if found in FRAMEWORKS and not _is_graph(found, sources[path])
    }


def _is_graph(found: Format, source: ByteSource) -> bool:
    """Return whether a JSON graph is TVM's, which MXNet's resembles."""
    return found is Format.MXNET and b"tvm_op" in source.head(1 << 20)


def _contents(sources: Mapping[str, ByteSource]) -> dict[str, str]:
    return {path: _sha256(source) for path, source in sources.items()}


def _sha256(source: ByteSource) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(source):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(source: ByteSource) -> Iterator[bytes]:
    for start in range(0, source.size, _CHUNK):
        yield source.read(start, min(_CHUNK, source.size - start))
