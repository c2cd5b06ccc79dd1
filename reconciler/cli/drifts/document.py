"""What drift there is: a closed set of kinds, each with its verdict, and the report of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final, NamedTuple

from reconciler.core.event_history import ApiCall

FORMAT_VERSION: Final = 1


class DriftKind(StrEnum):
    """What became of a declared job, in the order of reports."""

    CONFLICT = "conflict"
    VANISHED = "vanished"
    STOPPED = "stopped"
    ARTIFACT_GONE = "artifact-gone"
    ARTIFACT_CHANGED = "artifact-changed"
    SOURCE_CHANGED = "source-changed"
    DUPLICATE = "duplicate"
    RETAGGED = "retagged"
    POLICY_BREACH = "policy-breach"
    SOURCE_GONE = "source-gone"
    FAILED = "failed"
    UNAPPLIED = "unapplied"


class Verdict(StrEnum):
    """What a kind of drift calls for."""

    ACT = "act"
    INFORM = "inform"


class KindOfDrift(NamedTuple):
    """What is to be known of a kind of drift."""

    verdict: Verdict
    meaning: str
    advice: str


KINDS: Final[Mapping[DriftKind, KindOfDrift]] = MappingProxyType(
    {
        DriftKind.CONFLICT: KindOfDrift(
            Verdict.ACT, "a job that is not ours has the name",
            "Find out whose it is. It is never touched: its owner deletes the record, or you "
            "declare another name.",
        ),
        DriftKind.VANISHED: KindOfDrift(
            Verdict.ACT, "no job of this declaration exists: it was deleted, or never applied",
            "neoctl apply compiles it; an existingJob is only read: correct or remove that line.",
        ),
        DriftKind.STOPPED: KindOfDrift(
            Verdict.ACT, "somebody stopped the job",
            "neoctl apply --retry-failed stopped compiles it.",
        ),
        DriftKind.ARTIFACT_GONE: KindOfDrift(
            Verdict.ACT, "the artifact is not in S3",
            "neoctl apply --refresh compiles it again.",
        ),
        DriftKind.ARTIFACT_CHANGED: KindOfDrift(
            Verdict.ACT, "the artifact was overwritten after the job had ended",
            "neoctl apply --replace NAME compiles it again.",
        ),
        DriftKind.SOURCE_CHANGED: KindOfDrift(
            Verdict.ACT, "the model in S3 is not the one that was compiled",
            "Declare the model's revision, or upload the declared one again.",
        ),
        DriftKind.DUPLICATE: KindOfDrift(
            Verdict.ACT, "a second job of this declaration is live",
            "neoctl apply stops it.",
        ),
        DriftKind.RETAGGED: KindOfDrift(
            Verdict.ACT, "tags of the job are not those that are declared",
            "neoctl apply --refresh sets the declared tags again; tags that begin with neo: only "
            "aws sagemaker add-tags sets.",
        ),
        DriftKind.POLICY_BREACH: KindOfDrift(
            Verdict.ACT, "the job violates the organisation's policy",
            "Change the declaration, and compile it again with neoctl apply --replace NAME.",
        ),
        DriftKind.SOURCE_GONE: KindOfDrift(
            Verdict.INFORM, "the model is not in S3 any more",
            "The artifact is not affected; a further compilation would fail.",
        ),
        DriftKind.FAILED: KindOfDrift(
            Verdict.INFORM, "the job failed", "See neoctl status.",
        ),
        DriftKind.UNAPPLIED: KindOfDrift(
            Verdict.INFORM, "the declaration changed, and was not applied yet", "See neoctl plan.",
        ),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One drift of one job.

    Attributes:
        job: The job's name; of a vanished one the name that it had, or would have.
        arn: The job's ARN; empty if there is no job.
        detail: What differs.
        calls: Who changed it, if that was asked for and found.
    """

    kind: DriftKind
    owner: str
    logical_name: str
    job: str
    arn: str = ""
    detail: str = ""
    calls: tuple[ApiCall, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What it calls for."""
        return KINDS[self.kind].verdict


@dataclass(frozen=True, slots=True)
class IgnoredDrift:
    """A kind of drift of some jobs that is not to be reported for a time.

    Attributes:
        jobs: A pattern of logical names.
        until: The last day on which it holds.
    """

    kind: DriftKind
    jobs: str
    reason: str
    until: date

    def covers(self, drift: Drift, today: date) -> bool:
        """Return whether a drift is not to be reported today."""
        return (
            self.until >= today
            and drift.kind is self.kind
            and fnmatchcase(drift.logical_name, self.jobs)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """The drift of the jobs of one account and region.

    Attributes:
        made: When.
        checked: How many declared jobs were looked at.
        ignored: Drifts that are not to be reported, each with why.
        unread: Why jobs could not be read, by logical name.
        expired: What was to be ignored until a day that is past.
        asked_who: Whether the event history was asked who did it.
    """

    account: str
    region: str
    made: datetime
    checked: int
    drifts: tuple[Drift, ...]
    ignored: tuple[tuple[Drift, IgnoredDrift], ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    expired: tuple[IgnoredDrift, ...] = ()
    asked_who: bool = False

    @property
    def calls_for_action(self) -> bool:
        """Whether somebody has to do something."""
        return any(drift.verdict is Verdict.ACT for drift in self.drifts)


def in_order(drifts: list[Drift]) -> tuple[Drift, ...]:
    """Return drifts by owner, kind and name."""
    kinds = list(DriftKind)
    return tuple(
        sorted(drifts, key=lambda each: (each.owner, kinds.index(each.kind), each.logical_name))
    )
