"""Real runs of the compiler's process, with a folder in the place of S3."""

from __future__ import annotations

import dataclasses
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neo_local.elf import HEADER_BYTES, architecture
from neo_local.environments import Environments
from neo_local.jobs.compilation import NeoCompiler, WorkerLimits
from neo_local.jobs.control import Control
from neo_local.jobs.job import Job
from neo_local.jobs.outcome import Compiled, JobFailed
from neo_local.jobs.process import JobProcess
from neo_local.jobs.s3 import Location
from tests.fakes.endpoint import ACCOUNT, arn_of, create_request
from tests.paths import ROOT

Models = Callable[..., bytes]
LINUX_X86_64 = {"TargetPlatform": {"Os": "LINUX", "Arch": "X86_64"}}


@dataclass
class FolderStorage:
    """One archive for every model, and what was stored."""

    archive: bytes
    stored: dict[str, bytes] = field(default_factory=dict)
    keys: list[str | None] = field(default_factory=list)

    def fetch(self, where: Location, to: Path, control: Control) -> None:
        to.write_bytes(self.archive)

    def store(self, artifact: Path, where: Location, key_id: str | None, job: str) -> None:
        self.stored[where.uri] = artifact.read_bytes()
        self.keys.append(key_id)


@dataclass(frozen=True)
class Artifact:
    """What a finished job left."""

    compiled: Compiled
    content: bytes

    def members(self) -> dict[str, bytes]:
        with tarfile.open(fileobj=io.BytesIO(self.content)) as tar:
            files = {name: tar.extractfile(name) for name in tar.getnames()}
            return {name: file.read() for name, file in files.items() if file}

    def manifest(self) -> Any:
        return json.loads(self.members()["manifest/compiled.meta"])

    def architecture(self) -> str:
        return architecture(
            self.members()[self.manifest()["Compilation"]["Library"]][:HEADER_BYTES]
        )


@dataclass(frozen=True)
class Bench:
    """Compiles archives with one Python, in one folder."""

    folder: Path
    python: str
    limits: WorkerLimits = dataclasses.field(default_factory=WorkerLimits)
    sandboxed: bool = True
    environments: Environments = dataclasses.field(default_factory=lambda: Environments((ROOT,)))

    def compile(
        self,
        archive: bytes,
        source: Mapping[str, Any] | None = None,
        output: Mapping[str, Any] | None = None,
        control: Control | None = None,
    ) -> Artifact:
        """Raise what the compiler raises."""
        storage = FolderStorage(archive)
        job = make_job(source, output)
        process = JobProcess(self.python, sandboxed=self.sandboxed)
        compiler = NeoCompiler(
            lambda _: storage, self.folder, self.limits, ACCOUNT, process, self.environments
        )
        compiled = compiler.compile(job, control or Control(300))
        return Artifact(compiled, storage.stored[compiled.artifact])

    def reason(self, archive: bytes, **changes: Mapping[str, Any]) -> str:
        """Return the FailureReason of a job that must fail."""
        try:
            self.compile(archive, **changes)  # type: ignore[arg-type]
        except JobFailed as failure:
            return str(failure)
        raise AssertionError("the job was expected to fail")


def make_job(
    source: Mapping[str, Any] | None = None, output: Mapping[str, Any] | None = None
) -> Job:
    request = create_request("job")
    request["InputConfig"] |= source or {}
    if output is not None:
        request["OutputConfig"] = {"S3OutputLocation": "s3://models/out/", **output}
    return Job("job", arn_of("job"), request, created=0.0, modified=0.0)


def archive_of(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def packed_file(path: Path) -> bytes:
    """Return the archive of a file, or of a folder as it is."""
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    files = [one for one in files if one.name != "fingerprint.pb"]  # which Neo takes for a model
    root = path if path.is_dir() else path.parent
    return archive_of({str(one.relative_to(root)): one.read_bytes() for one in files})
