"""Act: a plan's mutations, in batches. An error of one job does not stop the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from reconciler.core.completion import Failed, Pending
from reconciler.core.fleet.job_record import JobRecord, RecordState, created, tags_digest
from reconciler.core.operation import Operation
from reconciler.core.plan import (
    Create,
    Creation,
    Delete,
    Mutation,
    NextAttempt,
    Plan,
    Retag,
    job_name,
    kind,
)
from reconciler.core.ports import (
    LimitExceeded,
    NameInUse,
    PortError,
    RoleNotReady,
    Throttled,
    Unavailable,
)
from reconciler.engine.backoff import Backoff, rotated
from reconciler.engine.errors import JobError, RequestRejected, outcome_of
from reconciler.engine.execute import Executor
from reconciler.engine.lease import Lease
from reconciler.engine.ports import Ports
from reconciler.engine.snapshot import FleetSnapshot

BATCH: Final = 50
BATCH_TIME: Final = timedelta(seconds=20)
MAX_REASON: Final = 1024
SHOWN_REASON: Final = 500


@dataclass(slots=True)
class PassOutcome:
    """What a pass changed, and what it could not.

    Attributes:
        counts: How many changes of each kind.
        waits: Why an action is to be retried later, by job name.
        quota: The service's message, if its quota of jobs is used up for now.
        roles: The service's error about roles that it cannot assume, by role.
        rejected: Names of jobs whose requests were refused.
        failures: Actions on existing jobs that failed, by job name.
    """

    counts: dict[str, int] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)
    quota: str = ""
    roles: dict[str, RoleNotReady] = field(default_factory=dict)
    rejected: list[str] = field(default_factory=list)
    failures: dict[str, Failed] = field(default_factory=dict)

    def count(self, action: Mutation) -> None:
        """Count a change."""
        name = kind(action)
        self.counts[name] = self.counts.get(name, 0) + 1


@dataclass(slots=True)
class Applier:
    """Applies plans in one pass.

    Attributes:
        operation: What jobs are tagged with, and since when IAM may lag.
        fail_fast: Whether the first failure ends the pass.
    """

    ports: Ports
    lease: Lease
    backoff: Backoff
    executor: Executor
    operation: Operation
    snapshot: FleetSnapshot
    fail_fast: bool
    outcome: PassOutcome = field(default_factory=PassOutcome)
    _creates: bool = False
    _batch_ends: datetime | None = None
    _in_batch: int = 0

    def apply(self, plan: Plan) -> None:
        """Apply as much of a plan as there is time for.

        Requests are checked by the rules first, so that with ``fail_fast`` nothing is started of
        a plan with an invalid one. Raises what ``lease.renew`` raises; an error that one action
        meets goes to the outcome.
        """
        valid = [action for action in plan.mutations if self._is_valid(action)]
        elapsed = self.ports.clock.now() - self.operation.began
        for _, same in groupby(valid, type):
            self.backoff.reset()
            self._apply_each(rotated(same, elapsed))

    def _apply_each(self, actions: Iterable[Mutation]) -> None:
        queue = deque(actions)
        while queue and self.backoff.has_time():
            if self.fail_fast and (self.outcome.rejected or self.outcome.failures):
                break
            action = queue.popleft()
            if isinstance(action, Create | NextAttempt) and not self._may_create(action):
                continue
            if not self._apply(action):
                queue.append(action)

    def _is_valid(self, action: Mutation) -> bool:
        if isinstance(action, Create | NextAttempt):
            try:
                self.executor.check_rules(action)
            except RequestRejected as error:
                self._failed(action, error)
                self._report("not applied", action, str(error))
                return False
        return True

    def _may_create(self, creation: Creation) -> bool:
        """Return whether to ask: the quota is not used up, the role was not refused before."""
        error = self.outcome.roles.get(creation.declaration.request.role_arn)
        if error is not None:
            self._failed(creation, error)
        return error is None and not self.outcome.quota

    def _apply(self, action: Mutation) -> bool:
        """Carry out an action; return False if it was throttled, and is to be repeated."""
        self._renew(creates=isinstance(action, Create | NextAttempt))
        self.backoff.wait()
        try:
            self._execute(action)
        except (PortError, RequestRejected) as error:
            if isinstance(error, Throttled | Unavailable):
                self.backoff.throttled()
            else:
                self.backoff.succeeded()
            self._failed(action, error)
            self._report("not applied", action, str(error))
            return not isinstance(error, Throttled)
        self.backoff.succeeded()
        self.outcome.count(action)
        self._report("applied", action, action.reason)
        return True

    def _report(self, event: str, action: Mutation, reason: str) -> None:
        self.ports.progress(
            event, action=kind(action), job=job_name(action), reason=reason[:SHOWN_REASON]
        )

    def _renew(self, *, creates: bool) -> None:
        """Renew the lease before each batch, and before the first create."""
        now = self.ports.clock.now()
        is_over = self._batch_ends is None or now >= self._batch_ends or self._in_batch >= BATCH
        if is_over or (creates and not self._creates):
            self._creates = self._creates or creates
            self.lease.renew(creates=self._creates)
        if is_over:
            self._batch_ends, self._in_batch = self.ports.clock.now() + BATCH_TIME, 0
        self._in_batch += 1

    def _execute(self, action: Mutation) -> None:
        """Carry out an action, and bring the job's record up to date."""
        records = self.snapshot.records
        if isinstance(action, Create | NextAttempt):
            self.executor.check_source(action)
        arn = self.executor.execute(action)
        match action:
            case Create(declaration, name) | NextAttempt(declaration, name):
                now = self.ports.clock.now()
                records[str(name)] = created(declaration, arn, self.operation.id, now)
            case Delete(job):
                records.pop(job.name, None)
            case Retag(job) if job.name in records and job.job_name is not None:
                declaration = self.snapshot.declared[job.job_name.identity]
                records[job.name] = replace(records[job.name], tags=tags_digest(declaration))
            case _:
                pass

    def _failed(self, action: Mutation, error: JobError) -> None:
        """Note an action's error: for the next pass, or as the failure of its job."""
        if isinstance(action, Create | NextAttempt):
            self._not_created(action, error)
        match outcome_of(error, self.ports.clock.now() - self.operation.began):
            case Pending(reason):
                self.outcome.waits[job_name(action)] = reason
            case Failed() as failed if isinstance(action, Create | NextAttempt):
                self._record(action, RecordState.REFUSED, str(failed))
                self.outcome.rejected.append(str(action.name))
            case Failed() as failed:
                self.outcome.failures[job_name(action)] = failed

    def _not_created(self, creation: Creation, error: JobError) -> None:
        """Note what an error means for other creations of this pass, or of the next."""
        match error:
            case LimitExceeded():
                self.outcome.quota = str(error)
            case RoleNotReady():
                self.outcome.roles[creation.declaration.request.role_arn] = error
            case NameInUse():
                self._record(creation, RecordState.TAKEN, str(error))
            case _:
                pass

    def _record(self, creation: Creation, state: RecordState, reason: str) -> None:
        self.snapshot.records[str(creation.name)] = JobRecord(
            state, self.ports.clock.now(), operation=self.operation.id,
            settings=creation.declaration.settings_digest, reason=reason[:MAX_REASON],
        )  # fmt: skip
