"""Report what was found in an artifact, as it is found."""

from __future__ import annotations

from reconciler.core.artifact_verdict import ArtifactVerdict
from reconciler.core.observed import ObservedJob
from reconciler.engine.ports import Ports


def report_verdict(ports: Ports, job: ObservedJob, verdict: ArtifactVerdict) -> None:
    """Report what was found in an artifact."""
    ports.progress(
        "artifact verified", job=job.name, errors=len(verdict.errors),
        warnings=len(verdict.warnings),
    )  # fmt: skip
    for severity, findings in (("error", verdict.errors), ("warning", verdict.warnings)):
        for finding in findings:
            ports.progress("artifact finding", job=job.name, severity=severity, finding=finding)
