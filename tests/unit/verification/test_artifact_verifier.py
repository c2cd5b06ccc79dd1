"""Artifacts verified where functions do it: read from S3, within limits, and said in words."""

from __future__ import annotations

import hashlib
import tracemalloc
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from reconciler.core.artifact_verdict import ArtifactVerdict
from reconciler.core.declaration import Declaration
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.ports import Denied, PortError, Unavailable
from reconciler.core.request import JobRequest
from reconciler.inspection.limits import MEBIBYTE
from reconciler.verification.artifact_verifier import LIMITS, SECONDS, ArtifactVerifier
from tests.fakes.gateway import FakeClock
from tests.unit.core.strategies import a_declaration
from tests.unit.inspection.archives import MODELS, pack
from tests.unit.verification.artifacts import library, meta, relay_files

URI = "s3://compiled/model-ml_c5.tar.gz"
SOURCE = "s3://models/model.tar.gz"
MODEL = (MODELS / "dynamic.onnx").read_bytes()


class Objects:
    """Objects by URI: bytes, or the error that opening raises; each read takes a while."""

    def __init__(self, seconds: float = 0.0, **found: bytes | PortError) -> None:
        self.found: dict[str, bytes | PortError | None] = {
            URI: found.get("artifact"), SOURCE: found.get("model"),
        }  # fmt: skip
        self.opened: list[tuple[str, str | None]] = []
        self.time, self.seconds = 0.0, seconds

    def open(self, s3_uri: str, bucket_owner: str | None) -> Any:
        self.opened.append((s3_uri, bucket_owner))
        found = self.found[s3_uri]
        if isinstance(found, PortError):
            raise found
        return None if found is None else _Body(found, self)


class _Body:
    def __init__(self, content: bytes, objects: Objects) -> None:
        self._content, self._at, self._objects = content, 0, objects

    def read(self, size: int, /) -> bytes:
        self._objects.time += self._objects.seconds
        piece = self._content[self._at : self._at + min(size, 1 << 16)]
        self._at += len(piece)
        return piece


def ordered(framework: str = "ONNX", target: str = "ml_c5") -> Declaration:
    wire = a_declaration().request.to_wire()
    source = {"S3Uri": SOURCE, "Framework": framework, "DataInputConfig": '{"image":[1,3,8,8]}'}
    output = {"S3OutputLocation": "s3://compiled", "TargetDevice": target}
    request = {**wire, "InputConfig": source, "OutputConfig": output}
    return replace(a_declaration(), request=JobRequest.from_wire(request))


def job(digest: str = "") -> ObservedJob:
    now = FakeClock().now()
    return ObservedJob(
        "a-job", "arn:job", JobStatus.COMPLETED, now, s3_model_artifacts=URI, artifact_digest=digest
    )


def verify(
    objects: Objects, declaration: Declaration | None = None, digest: str = ""
) -> ArtifactVerdict:
    verifier = ArtifactVerifier(objects, now=lambda: objects.time)
    return verifier.verify(declaration or ordered(), job(digest), "111122223333")


def codes(verdict: ArtifactVerdict) -> list[str]:
    return [text.partition(" ")[0] for text in verdict.errors]


def test_what_was_ordered_has_no_findings_and_only_its_artifact_is_read() -> None:
    content = pack(relay_files())
    objects = Objects(artifact=content)
    digest = hashlib.blake2b(content, digest_size=32).hexdigest()
    assert verify(objects, digest=digest) == ArtifactVerdict()
    assert objects.opened == [(URI, "111122223333")]


@pytest.mark.parametrize(
    ("content", "target", "code"),
    [
        (pack({"model.onnx": MODEL}), "ml_c5", "NEO902"),
        (pack({}), "ml_c5", "NEO902"),
        (pack(relay_files()), "jetson_xavier", "NEO905"),
        (pack(relay_files("armhf.so")), "ml_c5", "NEO905"),
        (pack({**relay_files(), "compiled.meta": meta("other")}), "ml_c5", "NEO911"),
        (pack({**relay_files(), "compiled.so": library("x86_64.so")[:100]}), "ml_c5", "NEO904"),
        (b"nothing of the kind", "ml_c5", "NEO801"),
        (pack(relay_files())[:-400], "ml_c5", "NEO802"),
    ],
)
def test_what_was_not_ordered_is_an_error_with_its_rule(
    content: bytes, target: str, code: str
) -> None:
    assert code in codes(verify(Objects(artifact=content), ordered(target=target)))


def test_another_digest_than_the_jobs_is_an_error() -> None:
    assert codes(verify(Objects(artifact=pack(relay_files())), digest="0" * 64)) == ["NEO901"]


def test_a_model_that_a_framework_loads_is_compared_with_the_input_byte_for_byte() -> None:
    artifact = pack({"model.pth": (MODELS / "traced.pth").read_bytes()})
    same = pack({"here/traced.pth": (MODELS / "traced.pth").read_bytes()})
    other = pack({"model.pth": (MODELS / "scripted.pth").read_bytes()})
    order = ordered("PYTORCH", "ml_c5")
    assert codes(verify(Objects(artifact=artifact, model=same), order)) == ["NEO902"]
    assert codes(verify(Objects(artifact=artifact, model=other), order)) == []


def test_a_model_that_cannot_be_compared_is_not_taken_for_compiled() -> None:
    artifact = pack({"model.pth": (MODELS / "traced.pth").read_bytes()})
    order = ordered("PYTORCH", "ml_c5")
    assert "not in S3 any more" in verify(Objects(artifact=artifact), order).errors[0]
    broken = verify(Objects(artifact=artifact, model=b"no archive"), order)
    assert "could not be compared" in broken.errors[0]
    with pytest.raises(Denied, match=r"the input model s3://models/model.tar.gz cannot be read"):
        verify(Objects(artifact=artifact, model=Denied("AccessDenied", "no")), order)


def test_an_artifact_that_is_gone_or_comes_too_slowly_is_read_again_later() -> None:
    with pytest.raises(Unavailable, match="not there any more"):
        verify(Objects())
    slow = Objects(seconds=SECONDS / 2, artifact=pack({"a": Random(7).randbytes(1 << 20)}))
    with pytest.raises(Unavailable, match="not read within 40 seconds"):
        verify(slow)


def test_an_archive_that_expands_without_end_is_refused_in_little_memory() -> None:
    bomb = pack({"compiled.params": bytes(64 * MEBIBYTE)})
    tracemalloc.start()
    limits = replace(LIMITS, expanded_bytes=48 * MEBIBYTE)
    verdict = ArtifactVerifier(Objects(artifact=bomb), limits).verify(ordered(), job(), None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert codes(verdict)[0] == "NEO803"
    assert "`neoctl verify --max-gib --timeout` reads more." in verdict.errors[0]
    assert peak < 8 * MEBIBYTE


def test_a_name_in_an_archive_cannot_steer_a_terminal() -> None:
    (error,) = verify(Objects(artifact=pack({"a\x1b[2J\n::error::\u202e": b"x"}))).errors
    assert error.isprintable()
    assert "::error::" in error


def test_findings_are_kept_as_they_were() -> None:
    verdict = verify(Objects(artifact=pack({"model.onnx": MODEL})))
    assert ArtifactVerdict.from_json(verdict.to_json()) == verdict
    assert verdict.text == " ".join(verdict.errors)
    assert len(ArtifactVerdict(("x" * 5000,)).text) == 900
