"""Class drift: what was read of the declared jobs of an owner, as drifts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from reconciler.cli.drifts.document import Drift, DriftKind
from reconciler.core.completion import Succeeded, completion
from reconciler.core.contract import TAG_PREFIX
from reconciler.core.declaration import Declaration
from reconciler.core.fields import FIELDS, S3_URI, TAGS
from reconciler.core.observed import JobStatus, ObservedJob, Phase
from reconciler.core.ownership import (
    ATTEMPT,
    ID,
    LOGICAL_NAME,
    MANAGED_BY,
    OWNER,
    Ownership,
    logical_name_tag,
    ownership,
    ownership_tags,
)
from reconciler.core.plan import (
    Action,
    Adopt,
    Await,
    Conflict,
    Create,
    Decision,
    Defer,
    Delete,
    Keep,
    NextAttempt,
    Plan,
    Reject,
    Retag,
    Stop,
)
from reconciler.core.ports import ObjectHead
from reconciler.rules.families import organisation_policy
from reconciler.rules.job import job_of, never_deploy_time
from reconciler.rules.organisation_policy import OrganisationPolicy

WRITTEN_WITHIN: Final = timedelta(minutes=1)
"""An artifact's time may be so much later than the end of its job."""
_ONLY_READ: Final = "an existing job is only read; without existingJob it is compiled anew"
_MEMBERS: Final = frozenset(each.path.partition(".")[0] for each in FIELDS) - {TAGS}


@dataclass(frozen=True, slots=True)
class DriftEvidence:
    """What was read of one owner's jobs.

    Attributes:
        plan: What the planner decides, tags, settings and artifacts included.
        described: Jobs that were described, by name.
        tags: Tags that were read, by ARN.
        heads: Objects that were looked at, by URI; None for an object that is not there.
        stale_sources: Why the model in S3 is not the declared one, by logical name.
        has_older: Whether there is a job of an older declaration of this name.
    """

    plan: Plan
    described: Mapping[str, ObservedJob | None]
    tags: Mapping[str, Mapping[str, str] | None]
    heads: Mapping[str, ObjectHead | None]
    stale_sources: Mapping[str, str]
    has_older: Callable[[Declaration], bool]
    region: str
    policy: OrganisationPolicy | None = None


@dataclass(frozen=True, slots=True)
class DriftClassifier:
    """Classes the drift of one owner's jobs."""

    evidence: DriftEvidence

    def drifts(self) -> Iterator[Drift]:
        """Yield every drift."""
        for action in self.evidence.plan.actions:
            yield from self._of(action)

    def _of(self, action: Action) -> Iterator[Drift]:
        match action:
            case Stop(job):
                yield from self._of_second(job)
            case Retag(job):
                yield self._of_tags(action, job)
            case Delete():
                return
            case _:
                yield from self._of_decision(action)

    def _of_decision(self, decision: Decision) -> Iterator[Drift]:
        match decision:
            case Keep() | NextAttempt():
                yield from self._of_ended(decision)
            case Create(declaration, name):
                older = self.evidence.has_older(declaration)
                kind = DriftKind.UNAPPLIED if older else DriftKind.VANISHED
                yield _drift(kind, declaration, str(name))
            case Reject(declaration, name, reason):
                job = declaration.existing_job or str(name)
                yield _drift(DriftKind.VANISHED, declaration, job, detail=reason)
            case Await(declaration, job) | Adopt(declaration, job):
                yield from self._of_live(declaration, job)
            case Conflict(declaration, job, reason):
                yield self._of_foreign(declaration, job, reason)
            case Defer():
                return
            case _:
                assert_never(decision)

    def _of_ended(self, decision: Keep | NextAttempt) -> Iterator[Drift]:
        if isinstance(decision, NextAttempt):
            yield _of_failed(decision.declaration, decision.previous)
        elif isinstance(completion(decision), Succeeded):
            yield from self._of_compiled(decision.declaration, decision.job)
        else:
            yield _of_failed(decision.declaration, decision.job)

    def _of_compiled(self, declaration: Declaration, job: ObservedJob) -> Iterator[Drift]:
        head = self.evidence.heads.get(job.s3_model_artifacts)
        ended = self._described(job).ended
        if head and head.modified and ended and head.modified > ended + WRITTEN_WITHIN:
            detail = (
                f"{job.s3_model_artifacts}: written {_time(head.modified)}, the job ended "
                f"{_time(ended)}"
            )
            yield _drift(DriftKind.ARTIFACT_CHANGED, declaration, job.name, job.arn, detail)
        yield from self._of_source(declaration, job)
        yield from self._of_logical_name(declaration, job)
        yield from self._of_policy(declaration, job)

    def _of_source(self, declaration: Declaration, job: ObservedJob) -> Iterator[Drift]:
        uri, stale = declaration.request.text(S3_URI), DriftKind.SOURCE_CHANGED
        if uri is None or uri not in self.evidence.heads:
            return
        head = self.evidence.heads[uri]
        why = self.evidence.stale_sources.get(declaration.logical_name)
        if head is None:
            yield _drift(DriftKind.SOURCE_GONE, declaration, job.name, job.arn, uri)
        elif why is not None:
            yield _drift(stale, declaration, job.name, job.arn, why)
        elif declaration.revision is None and head.modified and head.modified > job.created:
            detail = (
                f"{uri}: written {_time(head.modified)}, the job was created {_time(job.created)}"
            )
            yield _drift(stale, declaration, job.name, job.arn, detail)

    def _of_logical_name(self, declaration: Declaration, job: ObservedJob) -> Iterator[Drift]:
        tags, wanted = self._tags(job), logical_name_tag(declaration.logical_name)
        if tags is not None and tags.get(LOGICAL_NAME) != wanted:
            detail = _change(LOGICAL_NAME, tags.get(LOGICAL_NAME), wanted)
            yield _drift(DriftKind.RETAGGED, declaration, job.name, job.arn, detail)

    def _of_policy(self, declaration: Declaration, job: ObservedJob) -> Iterator[Drift]:
        policy, described = self.evidence.policy, self._described(job).described
        if policy is None or described is None:
            return
        wire = {key: value for key, value in described.items() if key in _MEMBERS}
        tags = (self._tags(job) or {}).items()
        wire[TAGS] = [{"Key": key, "Value": value} for key, value in tags]
        judged = job_of(wire, self.evidence.region, never_deploy_time)
        for finding in organisation_policy.check(judged, policy):
            detail = f"{finding.code} {finding.path}: {finding.message}"
            yield _drift(DriftKind.POLICY_BREACH, declaration, job.name, job.arn, detail)

    def _of_live(self, declaration: Declaration, job: ObservedJob) -> Iterator[Drift]:
        if declaration.existing_job is not None:
            yield from self._of_policy(declaration, job)
        elif not _is_of(declaration, job):
            name = str(declaration.identity.attempt(0))
            yield _drift(DriftKind.UNAPPLIED, declaration, name)
        elif ownership(replace(job, tags=self._tags(job))) is Ownership.FOREIGN:
            yield self._of_foreign(declaration, job, "it is not ours")
        elif job.phase is Phase.STOPPING:
            yield _drift(DriftKind.STOPPED, declaration, job.name, job.arn, "it is being stopped")
        else:
            yield from self._of_policy(declaration, job)

    def _of_foreign(self, declaration: Declaration, job: ObservedJob, reason: str) -> Drift:
        tags = (
            () if declaration.existing_job is not None else self._ownership_tags(declaration, job)
        )
        detail = "; ".join(tags) or reason
        return _drift(DriftKind.CONFLICT, declaration, job.name, job.arn, detail)

    def _of_second(self, job: ObservedJob) -> Iterator[Drift]:
        """Yield a live job that is to stop, unless it is one of a declaration not yet applied."""
        tag = (job.tags or {}).get(LOGICAL_NAME)
        for decision in self.evidence.plan.decisions:
            declaration = decision.declaration
            if logical_name_tag(declaration.logical_name) != tag:
                continue
            is_awaited = isinstance(decision, Await) and not _is_of(declaration, decision.job)
            if not is_awaited:
                yield _drift(DriftKind.DUPLICATE, declaration, job.name, job.arn, str(job.status))

    def _of_tags(self, action: Retag, job: ObservedJob) -> Drift:
        tags = self._tags(job) or {}
        changes = [_change(key, tags.get(key), value) for key, value in action.to_set]
        declaration = next(
            each.declaration
            for each in self.evidence.plan.decisions
            if _is_of(each.declaration, job)
        )
        return _drift(DriftKind.RETAGGED, declaration, job.name, job.arn, "; ".join(changes))

    def _ownership_tags(self, declaration: Declaration, job: ObservedJob) -> Iterator[str]:
        """Yield what keeps a job from being ours, where it has some of our tags."""
        tags, name = self._tags(job), job.job_name
        if name is None or not any(key.startswith(TAG_PREFIX) for key in tags or ()):
            return
        wanted = dict(ownership_tags(declaration, name, ""))
        for key in (MANAGED_BY, OWNER, ID, ATTEMPT):
            if (tags or {}).get(key) != wanted[key]:
                yield _change(key, (tags or {}).get(key), wanted[key])

    def _described(self, job: ObservedJob) -> ObservedJob:
        return self.evidence.described.get(job.name) or job

    def _tags(self, job: ObservedJob) -> Mapping[str, str] | None:
        return self.evidence.tags.get(job.arn, job.tags)


def _of_failed(declaration: Declaration, job: ObservedJob) -> Drift:
    """Return what an attempt is that ended without an artifact that is still there."""
    match job.status:
        case JobStatus.STOPPED:
            kind, detail = DriftKind.STOPPED, ""
        case JobStatus.COMPLETED:
            kind, detail = DriftKind.ARTIFACT_GONE, job.s3_model_artifacts
        case _:
            kind, detail = DriftKind.FAILED, job.failure_reason
    return _drift(kind, declaration, job.name, job.arn, detail)


def _drift(
    kind: DriftKind, declaration: Declaration, job: str, arn: str = "", detail: str = ""
) -> Drift:
    if declaration.existing_job is not None:
        detail = f"{detail}; {_ONLY_READ}".removeprefix("; ")
    return Drift(
        kind=kind, owner=declaration.owner.name, logical_name=declaration.logical_name, job=job,
        arn=arn, detail=detail,
    )  # fmt: skip


def _is_of(declaration: Declaration, job: ObservedJob) -> bool:
    return job.job_name is not None and job.job_name.identity == declaration.identity


def _change(key: str, before: str | None, after: str) -> str:
    return f"tag {key}: {'(not set)' if before is None else before} -> {after}"


def _time(moment: datetime) -> str:
    return moment.isoformat(" ", timespec="seconds")
