"""Reading objects of the in-memory S3: artifacts as small as real ones can be, and models."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from reconciler.core.ports import Denied
from tests.contract.privilege.recording import record_head
from tests.fakes.gateway import Travel, at_once, port_error
from tests.fakes.sagemaker import ApiError, FakeSageMaker
from tests.unit.inspection.archives import MODELS, pack
from tests.unit.verification.artifacts import library, meta


@cache
def compiled(built: str = "x86_64.so", size: int = 224) -> bytes:
    """Return an artifact as Neo packs it for DLR, of the model that most tests declare."""
    files = {"compiled.so": library(built), "compiled.meta": meta("data", (1, 3, size, size))}
    return pack(files)


@cache
def passed_through() -> bytes:
    """Return an artifact that merely holds a model."""
    return pack({"model.onnx": (MODELS / "dynamic.onnx").read_bytes()})


@dataclass(slots=True)
class FakeObjectReader:
    """The objects of an account.

    Attributes:
        models: The bytes of models by URI.
        owner: The account that all buckets belong to.
    """

    service: FakeSageMaker
    travel: Travel = at_once
    models: dict[str, bytes] = field(default_factory=dict)
    owner: str = "111122223333"

    def open(self, s3_uri: str, bucket_owner: str | None) -> FakeBody | None:
        if bucket_owner not in (None, self.owner):
            raise Denied("403", "Forbidden")
        try:
            content = self.travel("GetObject archive", lambda: content_of(self.service, s3_uri))
        except ApiError as error:
            raise port_error(error) from error
        content = self.models.get(s3_uri, content)
        record_head(s3_uri, missing=content is None, checksum=content is not None)
        return None if content is None else FakeBody(content, self.travel)


@dataclass(slots=True)
class FakeBody:
    """An object's bytes; each read may fail as a call may."""

    content: bytes
    travel: Travel
    position: int = 0

    def read(self, size: int, /) -> bytes:
        end = self.position + size
        try:
            piece = self.travel("GetObject body", lambda: self.content[self.position : end])
        except ApiError as error:
            raise port_error(error) from error
        self.position += len(piece)
        return piece


def content_of(service: FakeSageMaker, uri: str) -> bytes | None:
    """Return the bytes of an artifact; None if it is not there."""
    if not service.artifact_exists(uri):
        return None
    job = next(job for job in reversed(service.jobs) if job.artifact == uri)
    return service.contents.get(uri) or job.script.content or compiled()
