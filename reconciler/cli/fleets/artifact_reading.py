"""What is known of a job's artifact, read from its job, from S3, and from its bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from reconciler.cli.fleets.downloading import DigestMismatch, check, download
from reconciler.cli.options.outside import ConnectedAccount
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ports import PortError
from reconciler.verification.digests import DigestVerdict

_DIFFERS: Final = "its bytes do not have the digest of its job"


@dataclass(frozen=True, slots=True)
class ArtifactReport:
    """One job's artifact.

    Attributes:
        artifact: S3ModelArtifacts.
        size: In bytes; None if it is not known.
        digest: ModelDigests.ArtifactDigest.
        verdict: Whether its bytes have the digest; empty if they were not read.
        path: The file that it was written to; None if none was.
        provenance: The statement that was written beside it; None if none was.
        error: What is wrong; empty if nothing is.
    """

    job: str
    artifact: str = ""
    size: int | None = None
    digest: str = ""
    verdict: str = ""
    path: Path | None = None
    provenance: Path | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class ArtifactReader:
    """Reads the artifacts of jobs; what is wrong with one does not keep others from being read.

    Attributes:
        folder: Where they are written; None if they are not kept.
        checks: Whether bytes are read that are not kept.
        accept_any_digest: Whether bytes are kept that do not have the digest.
        provenance: Writes the statement about a file, given its job and its path; None if none
            is wanted.
    """

    account: ConnectedAccount
    folder: Path | None = None
    checks: bool = False
    accept_any_digest: bool = False
    provenance: Callable[[ObservedJob, Path], Path] | None = None

    def report(self, job: str) -> ArtifactReport:
        """Read one job's artifact. Raises nothing: what went wrong is in the report."""
        report = ArtifactReport(job)
        try:
            observed = self.account.gateway.describe(job)
            if observed is None or observed.phase is not Phase.COMPLETED:
                return replace(report, error=_not_compiled(observed))
            report = replace(
                report, artifact=observed.s3_model_artifacts, digest=observed.artifact_digest
            )
            if not report.artifact:
                return replace(report, error="COMPLETED, and names no artifact")
            head = self.account.artifacts.head(report.artifact, None)
            if head is None:
                return replace(report, error="COMPLETED, but its artifact is not in S3 any more")
            report = replace(report, size=head.size)
            read = self._read(report) if self.folder is not None or self.checks else report
            return self._with_provenance(read, observed)
        except (PortError, OSError, DigestMismatch) as error:
            return replace(report, error=str(error))

    def _with_provenance(self, report: ArtifactReport, job: ObservedJob) -> ArtifactReport:
        """Write the statement about a file whose bytes are the job's. Raises OSError, PortError."""
        if self.provenance is None or report.path is None:
            return report
        if report.verdict != DigestVerdict.MATCHES:
            return replace(report, error="no provenance: its bytes are not known to be the job's")
        return replace(report, provenance=self.provenance(job, report.path))

    def _read(self, report: ArtifactReport) -> ArtifactReport:
        """Read the object's bytes. Raises OSError, DigestMismatch."""
        source = self.account.open_artifact(report.artifact)
        if self.folder is None:
            checked = check(source, report.digest)
            report = replace(report, size=checked.size, verdict=checked.verdict.value)
            wrong = checked.verdict is DigestVerdict.DIFFERS and not self.accept_any_digest
            return replace(report, error=_DIFFERS) if wrong else report
        path, checked = download(
            source, report.digest, self.folder, report.job,
            accept_any_digest=self.accept_any_digest,
        )  # fmt: skip
        return replace(report, size=checked.size, verdict=checked.verdict.value, path=path)


def _not_compiled(job: ObservedJob | None) -> str:
    return "no such job in this account and region" if job is None else f"is {job.status}"
