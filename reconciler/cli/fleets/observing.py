"""Observe a fleet: one List sweep each time, and the details of a job once it has ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from reconciler.cli.fleets.remembering import RememberingArtifacts, RememberingGateway
from reconciler.cli.fleets.rows import JobLabel, row_of_job
from reconciler.cli.fleets.status import UNDER_WAY, FleetStatus, JobRow, JobState
from reconciler.cli.fleets.subjects import Subject
from reconciler.cli.options.outside import AccountView
from reconciler.core.ports import Artifacts, Clock, ObjectHead, PortError


@dataclass(slots=True)
class FleetObserver:
    """Reads a fleet as often as it is asked.

    A failed job is described, to say why. A compiled one is described, and its artifact looked
    for, if its end was seen here, or if ``details`` are asked for: otherwise a fleet at rest
    costs List alone.

    Attributes:
        details: Whether artifact, size and digest of every compiled job are read.
        earlier: The artifacts of earlier attempts of jobs that compile again.
        ending: The names of jobs that were seen under way.
        heads: What is known of artifacts, by URI.
    """

    account: str
    region: str
    gateway: RememberingGateway
    artifacts: Artifacts
    subject: Subject
    clock: Clock
    earlier: RememberingArtifacts
    details: bool = False
    ending: set[str] = field(default_factory=set)
    heads: dict[str, ObjectHead | None] = field(default_factory=dict)

    @staticmethod
    def of(
        account: AccountView, subject: Subject, clock: Clock, *, details: bool = False
    ) -> FleetObserver:
        """Return an observer of these jobs of an account."""
        return FleetObserver(
            account.id, account.region, RememberingGateway(account.gateway), account.artifacts,
            subject, clock, RememberingArtifacts(account.artifacts), details,
        )  # fmt: skip

    def observe(self) -> FleetStatus:
        """Read the fleet as it is now. Raises PortError, PlanError."""
        now = self.clock.now()
        return FleetStatus.of(self.account, self.region, now, self._rows())

    def _rows(self) -> Iterator[JobRow]:
        for row in self.subject.rows(self.gateway, self.earlier):
            if row.state in UNDER_WAY:
                self.ending.add(row.job)
            yield self._detailed(row) if self._is_to_describe(row) else row

    def _is_to_describe(self, row: JobRow) -> bool:
        match row.state:
            case JobState.COMPLETED:
                return self.details or row.job in self.ending
            case JobState.FAILED | JobState.STOPPED:
                return row.failure is None or row.ended is None
            case _:
                return False

    def _detailed(self, row: JobRow) -> JobRow:
        """Return the row with what Describe and HeadObject tell."""
        try:
            job = self.gateway.describe(row.job)
            if job is None:
                return replace(row, note="it was listed, but cannot be read yet")
        except PortError as error:
            return replace(row, note=f"its details cannot be read: {error}")
        label = JobLabel(row.owner, row.logical_name, row.model, row.target)
        described = row_of_job(job, label)
        if described.state is not JobState.COMPLETED:
            return described
        try:
            head = self._head(job.s3_model_artifacts)
        except PortError as error:
            return replace(described, note=f"its artifact cannot be looked at: {error}")
        found = replace(job, artifact_present=head is not None)
        return row_of_job(found, label, None if head is None else head.size)

    def _head(self, uri: str) -> ObjectHead | None:
        if not uri:
            return None
        if self.heads.get(uri) is None:
            self.heads[uri] = self.artifacts.head(uri, None)
        return self.heads[uri]
