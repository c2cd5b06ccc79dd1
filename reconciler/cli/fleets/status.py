"""What a fleet looks like now: a row a job, with everything that people ask of one.

This is data alone. ``observing`` reads it from an account; ``neoctl status`` shows it as text, JSON
and Markdown, ``neoctl wait`` waits for it, and ``neoctl report`` draws it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final


class JobState(StrEnum):
    """How a job is, in the order of reports: what calls for action comes first."""

    CONFLICT = "conflict"  # a job that is not ours has the name
    REFUSED = "refused"  # the service, or a rule, refuses the request
    FAILED = "failed"
    ARTIFACT_MISSING = "artifact-missing"  # COMPLETED, and the artifact is not in S3
    STOPPED = "stopped"
    UNKNOWN = "unknown"  # could not be read
    NOT_CREATED = "not-created"
    STOPPING = "stopping"
    STARTING = "starting"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


FAILURES: Final = frozenset(
    {
        JobState.CONFLICT,
        JobState.REFUSED,
        JobState.FAILED,
        JobState.ARTIFACT_MISSING,
        JobState.STOPPED,
    }
)
"""States that no job leaves by itself, and that are not success."""
TERMINAL: Final = FAILURES | {JobState.COMPLETED}
UNDER_WAY: Final = frozenset({JobState.STOPPING, JobState.STARTING, JobState.IN_PROGRESS})


@dataclass(frozen=True, slots=True)
class FailureDetails:
    """Why a job is not compiled.

    Attributes:
        kind: Its class: a FailureKind, ``conflict`` or ``refused``.
        name: For ``neoctl explain``; empty if the reason is unknown.
        reason: FailureReason, or what else is wrong.
        hint: What to do; may be empty.
    """

    kind: str
    name: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job.

    Attributes:
        owner: Whose it is; empty for a job whose name is not of our form.
        logical_name: Its name in the declaration; empty if no declaration is known.
        job: CompilationJobName; of a job that is not created, the name that it will have.
        created: CreationTime.
        started: CompilationStartTime.
        ended: CompilationEndTime.
        artifact: S3ModelArtifacts; empty if it was not read.
        artifact_bytes: Its size; None if it was not read.
        digest: ModelDigests.ArtifactDigest; empty if it was not read.
        note: What else is to be known, such as what a job waits for.
        failure: Why it is not compiled; None for other states, or if it was not read.
    """

    owner: str
    logical_name: str
    model: str
    target: str
    job: str
    state: JobState
    arn: str = ""
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    artifact: str = ""
    artifact_bytes: int | None = None
    digest: str = ""
    inference_image: str = ""
    note: str = ""
    failure: FailureDetails | None = None

    @property
    def name(self) -> str:
        """What people call the job."""
        return self.logical_name or self.job

    @property
    def log_stream(self) -> str:
        """The stream of its log; empty for a job that never was."""
        return self.job if self.created is not None else ""

    def age(self, now: datetime) -> float | None:
        """Return the seconds since its creation."""
        return None if self.created is None else (now - self.created).total_seconds()

    def duration(self, now: datetime) -> float | None:
        """Return the seconds that it compiled, or has compiled so far; None if unknown."""
        end = self.ended or (now if self.state in UNDER_WAY else None)
        if self.started is None or end is None:
            return None
        return (end - self.started).total_seconds()


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """The jobs of one account and region, at one moment.

    Attributes:
        account: The account's id.
        observed: When the account was read.
        rows: By state, then by name.
    """

    account: str
    region: str
    observed: datetime
    rows: tuple[JobRow, ...]

    @staticmethod
    def of(account: str, region: str, observed: datetime, rows: Iterable[JobRow]) -> FleetStatus:
        """Return a status with its rows in order."""
        states = list(JobState)
        ordered = sorted(
            rows, key=lambda row: (states.index(row.state), row.owner, row.name, row.job)
        )
        return FleetStatus(account, region, observed, tuple(ordered))

    def counts(self) -> dict[JobState, int]:
        """Return how many jobs are in each state; states without jobs count 0."""
        found = Counter(row.state for row in self.rows)
        return {state: found[state] for state in JobState}

    @property
    def failures(self) -> tuple[JobRow, ...]:
        """The jobs that have failed, for whatever reason."""
        return tuple(row for row in self.rows if row.state in FAILURES)

    @property
    def is_terminal(self) -> bool:
        """Whether no job's state will change by itself."""
        return all(row.state in TERMINAL for row in self.rows)

    @property
    def is_completed(self) -> bool:
        """Whether every job is compiled."""
        return all(row.state is JobState.COMPLETED for row in self.rows)

    def failed_only(self) -> FleetStatus:
        """Return the status of the failed jobs alone."""
        return replace(self, rows=self.failures)


def summary(status: FleetStatus) -> str:
    """Return a fleet in one line."""
    total = len(status.rows)
    counts = ", ".join(
        f"{count} {state.value.replace('-', ' ')}"
        for state, count in status.counts().items()
        if count
    )
    jobs = "1 job" if total == 1 else f"{total:,} jobs"
    return f"{jobs}: {counts}." if total else "No jobs."
