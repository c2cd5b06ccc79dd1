"""One reconcile pass, by any actor: gather, decide, act, report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from reconciler.core.contract import DEFAULT_RETRIES, Verify
from reconciler.core.declaration import Declaration
from reconciler.core.failure import FailureKind
from reconciler.core.fleet.manifest import Manifest
from reconciler.core.identity import Identity, Owner
from reconciler.core.observed import ObservedJob
from reconciler.core.operation import ALL_FAILURES, Operation, PlanOptions
from reconciler.core.plan import Delete, Plan
from reconciler.core.planner import plan
from reconciler.core.ports import PortError
from reconciler.engine.act import Applier
from reconciler.engine.backoff import Backoff
from reconciler.engine.execute import Executor
from reconciler.engine.gather import Gatherer
from reconciler.engine.lease import Lease
from reconciler.engine.manifest_store import ManifestStore
from reconciler.engine.ports import Ports
from reconciler.engine.report import Report, report
from reconciler.engine.snapshot import FleetSnapshot
from reconciler.engine.verify import ArtifactReview

MIN_ACTING: Final = timedelta(seconds=45)
"""A List of a large account takes long; the pass then acts for at least this long."""


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What a pass is to bring about.

    Attributes:
        owner: Whose jobs they are; every job of this owner that is not declared is ended.
        operation: The operation that this pass is part of: tagged on new jobs, counts failures.
        region: Where jobs are created; some rules depend on it.
        generation: Its number, for the manifest.
        retries: Further attempts of a job that fails because of a service error.
        dropped_tags: Keys of tags that were declared before and are no longer.
        bucket_owner: The account that must own the output bucket, if it is known.
        verify: What an artifact that is not what was ordered means.
    """

    owner: Owner
    declarations: tuple[Declaration, ...]
    operation: Operation
    region: str
    generation: int = 0
    retries: int = DEFAULT_RETRIES
    dropped_tags: frozenset[str] = frozenset()
    bucket_owner: str | None = None
    verify: Verify = Verify.OFF


@dataclass(frozen=True, slots=True)
class PassOptions:
    """How a pass is made.

    Attributes:
        until: When it is to end.
        fail_fast: Whether the first failure ends it.
        retry_rejected: Whether requests that were refused before are repeated.
        prune: Whether finished records that no declaration names are deleted.
        protected: Identities whose records are not pruned.
        refresh: Whether tags and artifacts of finished jobs are reread: drift.
        trust_completed: Whether COMPLETED in the List is believed without a further look.
        awaited: Names of jobs that earlier passes saw under way: they are looked at all the same.
        retry_ended: Classes of failures for which jobs of earlier operations are retried.
        replaced: Identities to compile again in this operation.
        is_named: Which jobs of the owner are looked at, by name; by default all. A pass that
            declares jobs must look at all of theirs.
        in_scope: Which undeclared jobs of the owner may be ended; by default all.
        permit: What may be done of a plan, beside what the pass saw; by default all. Must keep
            one decision for each declaration.
    """

    until: datetime
    fail_fast: bool = False
    retry_rejected: bool = False
    prune: bool = False
    protected: frozenset[Identity] = frozenset()
    refresh: bool = False
    trust_completed: bool = False
    awaited: frozenset[str] = frozenset()
    retry_ended: frozenset[FailureKind] = ALL_FAILURES
    replaced: frozenset[Identity] = frozenset()
    is_named: Callable[[str], bool] = lambda _: True
    in_scope: Callable[[ObservedJob], bool] = lambda _: True
    permit: Callable[[Plan, FleetSnapshot], Plan] = lambda plan, _: plan


class Planned(NamedTuple):
    """What a pass would do, and what it saw."""

    plan: Plan
    snapshot: FleetSnapshot


@dataclass(frozen=True, slots=True)
class PassResult:
    """What a pass found and did.

    Attributes:
        before: The manifest of the pass before.
        planned: How many changes the plan had.
        unpruned: How many finished records are still to be deleted.
    """

    report: Report
    snapshot: FleetSnapshot
    before: Manifest
    planned: int
    unpruned: int


@dataclass(slots=True)
class Reconciler:
    """Makes passes. The lease is taken and released by the caller."""

    ports: Ports
    lease: Lease
    store: ManifestStore

    def plan(self, desired: DesiredState, options: PassOptions) -> Planned:
        """Return what a pass would do now, and change nothing. Raises PortError, PlanError."""
        gatherer = self._gatherer(desired, options)
        snapshot = self._gather(desired, options, gatherer, self.store.manifest())
        chosen = self._decide(desired, options, snapshot)
        if options.prune:
            snapshot.finished = gatherer.with_tags(snapshot.finished, snapshot)
            deletions = _deletions(desired, options, snapshot.finished)
            chosen = Plan.of((*chosen.actions, *deletions.actions))
        return Planned(options.permit(chosen, snapshot), snapshot)

    def reconcile(self, desired: DesiredState, options: PassOptions) -> PassResult:
        """Make one pass, and write the manifest, even if an error ends it early.

        Raises PortError if a call for all jobs fails, what ``lease.renew`` raises, and PlanError.
        """
        before = self.store.manifest()
        gatherer = self._gatherer(desired, options)
        snapshot = self._gather(desired, options, gatherer, before)
        chosen = options.permit(self._decide(desired, options, snapshot), snapshot)
        acting_until = min(self.ports.clock.now(), options.until) + MIN_ACTING
        gatherer.backoff.until = max(options.until, acting_until)
        applier = self._applier(desired, options, snapshot, gatherer.backoff)
        try:
            applier.apply(chosen)
            unpruned = self._prune(desired, options, gatherer, applier)
            self._verify(desired, chosen, applier)
        except PortError:
            found = report(snapshot, chosen, applier.outcome, desired.verify)
            self._write_manifest(desired, before, found, snapshot)
            raise
        found = report(snapshot, chosen, applier.outcome, desired.verify)
        self._write_manifest(desired, before, found, snapshot)
        return PassResult(found, snapshot, before, len(chosen.mutations), unpruned)

    def _gatherer(self, desired: DesiredState, options: PassOptions) -> Gatherer:
        backoff = Backoff(self.ports.clock, self.ports.pause, options.until)
        return Gatherer(
            self.ports, desired.owner, backoff, desired.operation.began, desired.bucket_owner,
            desired.dropped_tags, options.refresh, options.trust_completed, options.awaited,
            options.is_named,
        )  # fmt: skip

    def _gather(
        self, desired: DesiredState, options: PassOptions, gatherer: Gatherer, before: Manifest
    ) -> FleetSnapshot:
        """Read the account; of undeclared jobs, leave out those that are not to be ended.

        A job whose tags could not be read stays: it may be one of them.
        """
        snapshot = gatherer.gather(desired.declarations, before.records)
        snapshot.under_way = [
            job for job in snapshot.under_way if job.tags is None or options.in_scope(job)
        ]
        return snapshot

    def _decide(self, desired: DesiredState, options: PassOptions, snapshot: FleetSnapshot) -> Plan:
        return plan(
            desired.declarations,
            snapshot.jobs(),
            desired.operation,
            PlanOptions(
                retries=desired.retries,
                adopt=False,  # every job of the owner is the fleet's, whatever created it
                dropped_tags=desired.dropped_tags,
                retry_ended=options.retry_ended,
                replaced=options.replaced,
            ),
            snapshot.memory(self.ports.clock.now(), rejections=not options.retry_rejected),
        )

    def _applier(
        self,
        desired: DesiredState,
        options: PassOptions,
        snapshot: FleetSnapshot,
        backoff: Backoff,
    ) -> Applier:
        executor = Executor(
            self.ports.gateway, self.ports.artifacts, desired.operation.id, desired.region,
            self.ports.policy,
        )  # fmt: skip
        return Applier(
            self.ports, self.lease, backoff, executor, desired.operation, snapshot,
            options.fail_fast,
        )  # fmt: skip

    def _prune(
        self, desired: DesiredState, options: PassOptions, gatherer: Gatherer, applier: Applier
    ) -> int:
        """Delete finished records of ours; return how many are left. Their tags are read late."""
        if not options.prune:
            return 0
        snapshot = applier.snapshot
        finished = [
            job
            for job in snapshot.finished
            if job.job_name is not None and job.job_name.identity not in options.protected
        ]
        if not finished or not gatherer.backoff.has_time():
            return len(finished)
        tagged = gatherer.with_tags(finished, snapshot)
        deletions = options.permit(_deletions(desired, options, tagged), snapshot)
        applier.apply(deletions)
        unread = sum(job.tags is None for job in tagged)
        planned = sum(isinstance(action, Delete) for action in deletions.actions)
        return unread + planned - applier.outcome.counts.get("delete", 0)

    def _verify(self, desired: DesiredState, chosen: Plan, applier: Applier) -> None:
        if desired.verify is not Verify.OFF:
            ArtifactReview(
                self.ports, self.lease, applier.backoff, applier.snapshot,
                desired.operation, desired.bucket_owner,
            ).review(chosen)  # fmt: skip

    def _write_manifest(
        self, desired: DesiredState, before: Manifest, found: Report, snapshot: FleetSnapshot
    ) -> None:
        now = Manifest(
            owner=desired.owner.name,
            generation=desired.generation,
            updated=self.ports.clock.now(),
            counts=found.counts,
            jobs=found.entries,
            records=snapshot.records,
        )
        if not now.same_as(before):
            self.store.write_manifest(now)


def _deletions(
    desired: DesiredState, options: PassOptions, finished: Iterable[ObservedJob]
) -> Plan:
    """Return the plan that deletes finished records, whose tags were read, if they are ours."""
    jobs = [job for job in finished if options.in_scope(job)]
    return plan((), jobs, desired.operation, PlanOptions(prune=True, protected=options.protected))
