"""Verifies what an apply compiled, before it reports success."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.cli.findings import text
from reconciler.cli.findings.summary import FindingsReport
from reconciler.cli.model.options import ReadOptions
from reconciler.cli.options.outside import ConnectedAccount
from reconciler.cli.plans.applying import Application
from reconciler.cli.plans.document import ActionKind
from reconciler.cli.verification.orders import order_of
from reconciler.cli.verification.verifying import ArchiveOpener, verify_artifact
from reconciler.core.observed import JobStatus
from reconciler.core.ports import PortError
from reconciler.rules.finding import Severity
from reconciler.specs.checking import Located

_READING: Final = ReadOptions(None, None, None, max_gib=8.0, timeout=300.0)


@dataclass(frozen=True, slots=True)
class ArtifactChecks:
    """What was found in artifacts.

    Attributes:
        unread: Why an artifact could not be read, by job.
    """

    number: int
    findings: tuple[Located, ...]
    unread: dict[str, str]

    @property
    def has_errors(self) -> bool:
        """Whether an artifact is not what was ordered, or that is not known."""
        errors = (one.finding.severity is Severity.ERROR for one in self.findings)
        return bool(self.unread) or any(errors)

    def text(self) -> str:
        """Return the findings and one line that sums them up."""
        unread = "".join(f"not verified: {job}: {why}\n" for job, why in self.unread.items())
        report = FindingsReport(self.findings, self.number, 0, unit="artifact")
        return unread + text.render(report)


def check_artifacts(application: Application) -> ArtifactChecks:
    """Verify the artifacts of the jobs that an application began or waited for."""
    findings: list[Located] = []
    unread: dict[str, str] = {}
    number = 0
    for job, account in _compiled(application):
        try:
            found = _findings(job, account)
        except (OSError, PortError) as error:
            unread[job] = str(error)
        else:
            number += 1
            findings += found
    return ArtifactChecks(number, tuple(findings), unread)


def _compiled(application: Application) -> Iterator[tuple[str, ConnectedAccount]]:
    """Yield the jobs whose compilation this was about, each with its account."""
    for place in application.places:
        actions = place.plan.document.actions
        awaited = {action.job for action in actions if action.kind is ActionKind.WAIT}
        for run in place.runs:
            for entry in run.entries().values():
                is_new = entry.name in awaited or entry.name in application.started
                if is_new and entry.status == JobStatus.COMPLETED.value:
                    yield entry.name, place.plan.account


def _findings(job: str, account: ConnectedAccount) -> list[Located]:
    observed = account.gateway.describe(job)
    if observed is None:
        raise OSError("its record is gone")
    opener = ArchiveOpener(lambda: account, _READING)
    return list(verify_artifact(order_of(observed), opener).findings)
