"""The archive as a list of members, and those that may be models, spooled for reading.

Nothing is ever written under a name that the archive chose: a candidate's bytes go to an anonymous
temporary file. Everything else is looked at once (its first bytes) and passed over.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import TracebackType
from typing import IO, Self

from reconciler.inspection import codes
from reconciler.inspection.errors import Damaged, LimitReached, NotAnArchive
from reconciler.inspection.gunzip import ByteStream, Gunzip
from reconciler.inspection.limits import ReadBudget
from reconciler.inspection.source import ByteSource
from reconciler.inspection.tar import Body, Member, MemberKind, members
from reconciler.inspection.words import words
from reconciler.rules.finding import Finding

_HEAD = 512
_IN_MEMORY = 256 * 1024
_MOST_ALIKE = 20
_SUFFIXES = frozenset(
    words(
        ".pb .pbtxt .h5 .hdf5 .keras .json .params .pth .pt .pt2 .onnx .tflite .cfg .weights "
        ".model .ubj .pkl .pickle .joblib .bin .caffemodel .mlmodel"
    )
)
_MAGIC = (b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"binf", b"bs64", b"\x80\x02\x8a\x0al\xfc\x9cF")
_NAMES = frozenset({"xgboost-model", "model"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One path in the archive, made safe to print and compare."""

    path: str
    kind: MemberKind
    size: int

    @property
    def suffix(self) -> str:
        """The lower-case ending, dot included."""
        return PurePosixPath(self.path).suffix.lower()

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name

    @property
    def is_stray(self) -> bool:
        """Whether this is a macOS shadow file, named like the model that it shadows."""
        return self.name.startswith("._") or "__MACOSX" in self.path.split("/")


Wanted = Callable[[Entry, bytes], bool]
"""Chooses files by entry and first bytes."""


@dataclass(slots=True)
class Archive:
    """What is in an archive. Use as a context manager: it holds temporary files."""

    entries: dict[str, Entry] = field(default_factory=dict)
    sources: dict[str, ByteSource] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    compressed: int = 0
    expanded: int = 0
    _files: list[IO[bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files:
            file.close()

    def files(self) -> list[Entry]:
        """Return the regular files."""
        return [entry for entry in self.entries.values() if entry.kind is MemberKind.FILE]

    def note(self, finding: Finding) -> None:
        """Keep a finding about a member; of each rule, only the first few."""
        if sum(known.code == finding.code for known in self.findings) < _MOST_ALIKE:
            self.findings.append(finding)

    def keep(self, entry: Entry, head: bytes, rest: Iterable[bytes], budget: ReadBudget) -> None:
        """Spool a file for the readers."""
        file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by close()
        self._files.append(file)
        file.write(head)
        for piece in rest:
            file.write(piece)
        size = file.tell()
        self.sources[entry.path] = ByteSource(file, size, budget, entry.path)


def may_be_model(entry: Entry, head: bytes) -> bool:
    """Return whether a file is worth reading as a model, by its name and first bytes."""
    return (
        entry.suffix in _SUFFIXES
        or entry.name in _NAMES
        or head.startswith(_MAGIC)
        or (head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"))
        or head[4:8] == b"TFL3"
    )


def read_archive(
    stream: ByteStream,
    budget: ReadBudget,
    wanted: Wanted = may_be_model,
) -> Archive:
    """Read the members of an archive. What stops the reading becomes a finding, never an exception.

    `wanted` chooses the files that are kept to be read, by name and first bytes.

    Raises:
        OSError: The stream itself failed.
    """
    archive = Archive()
    expanded = Gunzip(stream, budget)
    try:
        for member, body in members(expanded, budget):
            _take(archive, member, body, budget, wanted)
    except NotAnArchive as error:
        archive.findings.append(_not_an_archive(error))
    except Damaged as error:
        archive.findings.append(
            codes.DAMAGED_ARCHIVE.in_archive(
                f"The archive is damaged: {error}",
                hint="Pack it again with `tar czf model.tar.gz FILES` and compare the sizes.",
            )
        )
    except LimitReached as error:
        archive.findings.append(
            codes.TOO_MUCH.in_archive(
                f"Stopped reading: {error}",
                hint="If you trust the archive, allow more with --max-gib and --timeout.",
            )
        )
    archive.compressed, archive.expanded = expanded.compressed, expanded.expanded
    return archive


def _not_an_archive(error: NotAnArchive) -> Finding:
    return codes.NOT_AN_ARCHIVE.in_archive(
        f"Not a gzip-compressed tar: {error}",
        allowed="one .tar.gz object",
        hint="Neo answers 'Unable to untar input model'. Pack it: `tar czf model.tar.gz FILES`.",
    )


def _take(archive: Archive, member: Member, body: Body, budget: ReadBudget, wanted: Wanted) -> None:
    path, problem = _safe_path(member)
    entry = Entry(path, member.kind, member.size)
    if problem:
        archive.note(
            codes.UNSAFE_MEMBER.in_archive(
                f"{path!r} {problem}; it was not followed",
                got=member.target or member.name,
                hint="A model archive needs plain files only: pack with `tar czhf` to store what "
                "links point to.",
            )
        )
        entry = Entry(path, MemberKind.SPECIAL, member.size)
    elif member.kind is MemberKind.FILE and path in archive.entries:
        archive.note(
            codes.DUPLICATE_MEMBER.in_archive(
                f"{path!r} is in the archive twice; the later one counts."
            )
        )
    if path:
        archive.entries[path] = entry
    if entry.kind is MemberKind.FILE:
        _look(archive, entry, body, budget, wanted)


def _look(archive: Archive, entry: Entry, body: Body, budget: ReadBudget, wanted: Wanted) -> None:
    head = b""
    while len(head) < _HEAD and (piece := body.read(_HEAD - len(head))):
        head += piece
    if not wanted(entry, head):
        return
    if len(archive.sources) >= budget.limits.models:
        return
    archive.keep(entry, head, iter(lambda: body.read(1 << 18), b""), budget)


def _safe_path(member: Member) -> tuple[str, str]:
    """Return the path without dots and doubled slashes, and what is unsafe about it."""
    raw = member.name
    parts = [part for part in raw.split("/") if part not in ("", ".")]
    path = "/".join(parts)
    if raw.startswith("/") or (raw[1:2] == ":" and raw[:1].isalpha()):
        return path or raw, "is an absolute path"
    if ".." in parts or "\\" in raw:
        return path, "leaves the archive's folder" if ".." in parts else "holds backslashes"
    if member.kind is MemberKind.LINK:
        return path, "is a link"
    if member.kind is MemberKind.SPECIAL:
        return path, "is a device, a sparse file or of an unknown kind"
    return path, ""
