"""Verify a job's artifact where it was made: read from S3, within the limits of one function.

The function has little memory, a small disk and a minute, so what is read is bounded: an archive
that is larger is said to be, and not read on. What takes too long now is tried again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from reconciler.core.artifact_verdict import ArtifactVerdict
from reconciler.core.declaration import Declaration
from reconciler.core.fields import S3_URI
from reconciler.core.object_body import ObjectBody
from reconciler.core.observed import ObservedJob
from reconciler.core.ports import ObjectReader, PortError, Unavailable
from reconciler.inspection.limits import MEBIBYTE, Limits, ReadBudget
from reconciler.rules.finding import Finding, Severity
from reconciler.verification import codes
from reconciler.verification.artifact import Artifact, read_artifact, read_model_files
from reconciler.verification.checks import check_artifact
from reconciler.verification.expectation import Expectation, expectation_of

LIMITS: Final = Limits(
    archive_bytes=1024 * MEBIBYTE,
    expanded_bytes=1024 * MEBIBYTE,
    text_bytes=4 * MEBIBYTE,
    containers=100_000,
    values=250_000,
    steps=1_000_000,
    seconds=float("inf"),
)
"""Of one archive. Its files are spooled to the function's disk, see ``contract.VERIFIER_DISK``."""

SECONDS: Final = 40.0
"""How long one archive may be read; the lease of a fleet is not renewed meanwhile."""

_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class ArtifactVerifier:
    """Implements the engine's Verifier on objects in S3."""

    objects: ObjectReader
    limits: Limits = LIMITS
    now: Callable[[], float] = time.monotonic

    def verify(
        self, declaration: Declaration, job: ObservedJob, bucket_owner: str | None
    ) -> ArtifactVerdict:
        """Return what is wrong with the artifact of a COMPLETED job. Raises PortError."""
        body = self.objects.open(job.s3_model_artifacts, bucket_owner)
        if body is None:
            raise Unavailable("NoSuchKey", f"{job.s3_model_artifacts} is not there any more")
        artifact = read_artifact(self._timed(body), self._budget(), job.artifact_digest)
        expected = expectation_of(declaration.request.to_wire())
        findings = check_artifact(artifact, expected)
        source = declaration.request.text(S3_URI)
        if artifact.models and source:
            findings = self._compared_with_model(artifact, expected, source, findings)
        return _verdict(findings)

    def _compared_with_model(
        self,
        artifact: Artifact,
        expected: Expectation,
        source: str,
        findings: tuple[Finding, ...],
    ) -> tuple[Finding, ...]:
        """Return the findings of an artifact that holds a model, compared with the input's files.

        That the input cannot be read is an error, unless the artifact is known to be uncompiled.
        """
        is_known = any(each.code == codes.NOT_COMPILED.code for each in findings)
        try:
            files, unread = self._model_files(source)
        except PortError as error:
            if is_known:
                return findings
            words = f"the artifact holds a model, and the input model {source} cannot be read"
            raise type(error)(error.code, f"{words}: {error.message}") from error
        if unread:
            return findings if is_known else (*findings, _not_compared(source, artifact, unread))
        return check_artifact(artifact, replace(expected, model_files=files))

    def _model_files(self, source: str) -> tuple[frozenset[str], str]:
        """Return the digests of the input model's files, or why they are not known."""
        body = self.objects.open(source, None)
        if body is None:
            return frozenset(), "it is not in S3 any more"
        return read_model_files(self._timed(body), self._budget())

    def _budget(self) -> ReadBudget:
        return ReadBudget(self.limits, self.now)

    def _timed(self, body: ObjectBody) -> _Timed:
        return _Timed(body, self.now, self.now() + SECONDS)


@dataclass(frozen=True, slots=True)
class _Timed:
    """Bytes that are read until a time."""

    body: ObjectBody
    now: Callable[[], float]
    until: float

    def read(self, size: int, /) -> bytes:
        """Return at most `size` further bytes. Raises Unavailable when the time is over."""
        if self.now() > self.until:
            raise Unavailable("SlowRead", f"an archive was not read within {SECONDS:g} seconds")
        return self.body.read(size)


def _not_compared(source: str, artifact: Artifact, why: str) -> Finding:
    held = ", ".join(f"{path} ({name})" for path, name in artifact.models.items())
    return codes.NOT_COMPILED.at(
        codes.ARTIFACT,
        f"the artifact holds a model, {held}, which could not be compared with {source}: {why}",
        hint="Whether it was compiled or passed through is not known.",
    )


def _verdict(findings: Iterable[Finding]) -> ArtifactVerdict:
    by_severity: dict[Severity, list[str]] = {each: [] for each in Severity}
    for finding in findings:
        by_severity[finding.severity].append(_text(finding))
    return ArtifactVerdict(tuple(by_severity[Severity.ERROR]), tuple(by_severity[Severity.WARNING]))


def _text(finding: Finding) -> str:
    text = f"{finding.code} {finding.slug}: {finding.sentence}."
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return _printable(f"{text} {finding.hint}".rstrip())


def _printable(text: str) -> str:
    """Return a text that steers no terminal: names in the archive are somebody's."""
    return "".join(each if each.isprintable() else "?" for each in text)
