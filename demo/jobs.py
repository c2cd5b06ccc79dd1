"""What the compilation jobs are doing, as lines while they run and as a table in the end."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from neo_local.elf import HEADER_BYTES, architecture


@dataclass(frozen=True, slots=True)
class Row:
    """One finished job, with what its artifact says of itself."""

    job: str
    target: str
    status: str
    seconds: float
    artifact: str
    size: int
    machine: str


@dataclass(slots=True)
class Progress:
    """Says each change of a job's status once."""

    sagemaker: Any
    say: Callable[[str], None]
    known: dict[str, str] = field(default_factory=dict)

    def look(self) -> None:
        """Say which jobs have changed their status, newest first."""
        for summary in self._summaries():
            name, status = summary["CompilationJobName"], summary["CompilationJobStatus"]
            if self.known.get(name) != status:
                self.known[name] = status
                self.say(f"{status:<10} {name}  {target_of(summary, '')}")

    def _summaries(self) -> list[dict[str, Any]]:
        pages = self.sagemaker.get_paginator("list_compilation_jobs")
        order = {"SortBy": "CreationTime", "SortOrder": "Ascending"}
        return [
            item for page in pages.paginate(**order) for item in page["CompilationJobSummaries"]
        ]


def target_of(job: dict[str, Any], prefix: str = "Target") -> str:
    """Return the target of a job: of a summary (no prefix), or of a description ("Target")."""
    if prefix:
        output = job["OutputConfig"]
        platform = output.get("TargetPlatform", {})
        parts = [output.get("TargetDevice"), *(platform.get(key) for key in ("Os", "Arch"))]
    else:
        keys = ("CompilationTargetDevice", "CompilationTargetPlatformOs")
        parts = [job.get(key) for key in (*keys, "CompilationTargetPlatformArch")]
    return " ".join(part for part in parts if part)


def rows(sagemaker: Any, s3: Any, names: list[str]) -> list[Row]:
    """Describe jobs and open their artifacts."""
    return [_row(sagemaker.describe_compilation_job(CompilationJobName=name), s3) for name in names]


def _row(job: dict[str, Any], s3: Any) -> Row:
    uri = job.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
    content = fetch(s3, uri) if uri else b""
    found = _architectures(content) if content else set()
    began = job.get("CompilationStartTime", job["CreationTime"])
    ended = job.get("CompilationEndTime", job["LastModifiedTime"])
    return Row(
        job["CompilationJobName"],
        target_of(job),
        job["CompilationJobStatus"],
        (ended - began).total_seconds(),
        uri,
        len(content),
        ", ".join(sorted(found)) or "-",
    )


def _architectures(artifact: bytes) -> set[str]:
    """Return what the shared libraries in a tar.gz are compiled for."""
    with tarfile.open(fileobj=io.BytesIO(artifact), mode="r:gz") as packed:
        files = [packed.extractfile(member) for member in packed if member.isfile()]
        headers = [file.read(HEADER_BYTES) for file in files if file is not None]
    return {architecture(header) for header in headers if header.startswith(b"\x7fELF")}


def fetch(s3: Any, uri: str) -> bytes:
    """Return an object of S3."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def _shortened(name: str) -> str:
    """Return a file name with the long digests in it cut."""
    return re.sub(r"([0-9a-f]{6})[0-9a-f]{20,}", r"\1..", name)


def table(found: list[Row]) -> str:
    """Return the rows, aligned; artifacts by their file names."""
    head = ("job", "target", "status", "seconds", "artifact", "size", "code for")
    cells = [
        (
            row.job,
            row.target,
            row.status,
            f"{row.seconds:.1f}",
            _shortened(row.artifact.rpartition("/")[2]) or "-",
            f"{row.size / 1e6:.1f} MB",
            row.machine,
        )
        for row in found
    ]
    widths = [max(len(line[column]) for line in (head, *cells)) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (head, *cells)
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
