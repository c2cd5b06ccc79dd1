"""Archives for the tests: from models that real libraries made, from texts, and hostile ones."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from reconciler.inspection.checks.report import InspectionReport, inspect_stream
from reconciler.inspection.limits import Limits, ReadBudget

MODELS = Path(__file__).parent / "models"
BLOCK = 512


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a .tar.gz as the tar command makes it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.GNU_FORMAT) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def pack_model(*names: str) -> bytes:
    """Committed models in one archive; a folder's content goes to the top."""
    files: dict[str, bytes] = {}
    for name in names:
        path = MODELS / name
        if path.is_dir():
            files |= {
                str(item.relative_to(path)): item.read_bytes()
                for item in sorted(path.rglob("*"))
                if item.is_file()
            }
        else:
            files[name] = path.read_bytes()
    return pack(files)


def look(
    archive: bytes, limits: Limits | None = None, name: str = "model.tar.gz"
) -> InspectionReport:
    """Return the report on an archive."""
    return inspect_stream(io.BytesIO(archive), ReadBudget(limits or Limits()), name)


def look_at(*names: str) -> InspectionReport:
    """Return the report on an archive of committed models."""
    return look(pack_model(*names))


def codes(report: InspectionReport) -> list[str]:
    """Return the codes of a report's findings."""
    return [finding.code for finding in report.findings]


def header(
    name: str | bytes,
    size: int = 0,
    flag: bytes = b"0",
    link: str = "",
    *,
    magic: bytes = b"ustar\x0000",
) -> bytes:
    """Return one tar header block, with a right checksum whatever is in it."""
    raw = name if isinstance(name, bytes) else name.encode()
    digits = b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    block = bytearray(BLOCK)
    block[0 : len(raw[:100])] = raw[:100]
    block[100:124] = b"0000644\0" + b"0000000\0" * 2
    block[124:136] = digits
    block[136:148] = b"00000000000\0"
    block[148:156] = b" " * 8
    block[156:157] = flag
    block[157 : 157 + len(link.encode()[:100])] = link.encode()[:100]
    block[257:265] = magic
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data: bytes) -> bytes:
    """Data filled up to whole blocks."""
    return data + bytes(-len(data) % BLOCK)


def raw(*blocks: bytes) -> bytes:
    """Blocks as a gzip-compressed tar, with its end."""
    return gzip.compress(b"".join(blocks) + bytes(2 * BLOCK))
