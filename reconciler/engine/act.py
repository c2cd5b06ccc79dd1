"""Act: a plan's mutations in batches. One job that is refused holds up no other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from reconciler.core.declaration import Declaration
from reconciler.core.fleet.job_record import JobRecord, RecordState, created, tags_digest
from reconciler.core.observed import ObservedJob
from reconciler.core.plan import (
    Adopt,
    Create,
    Delete,
    Mutation,
    NextAttempt,
    Plan,
    Retag,
    Stop,
    job_name,
    kind,
)
from reconciler.core.ports import (
    Invalid,
    LimitExceeded,
    NameInUse,
    PortError,
    RoleNotReady,
    Transient,
)
from reconciler.engine.backoff import Pace
from reconciler.engine.execute import refuse_invalid, request_of
from reconciler.engine.lease import Lease
from reconciler.engine.snapshot import FleetSnapshot
from reconciler.engine.source import check_source
from reconciler.handler.answer import ResourceFailed
from reconciler.handler.fleet.ports import Ports

BATCH: Final = 50
BATCH_TIME: Final = timedelta(seconds=20)


@dataclass(slots=True)
class PassOutcome:
    """What a pass changed, and what it could not.

    Attributes:
        counts: How many changes of each kind.
        waits: Why an action is to be tried again later, by job.
        quota: The service's words, if it takes no more jobs for now.
        roles: The service's words about roles that it cannot use, by role.
        refused: Names of jobs whose requests were refused.
    """

    counts: dict[str, int] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)
    quota: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def add(self, action: Mutation) -> None:
        """Note a change."""
        name = kind(action)
        self.counts[name] = self.counts.get(name, 0) + 1


@dataclass(slots=True)
class Actor:
    """Carries out one pass's mutations.

    Attributes:
        operation: What jobs are tagged with.
        roles_until: Until when a role that is not ready may only need time.
        fail_fast: Whether the first refused request ends the pass.
    """

    ports: Ports
    grip: Lease
    pace: Pace
    operation: str
    region: str
    seen: FleetSnapshot
    roles_until: datetime
    fail_fast: bool
    done: PassOutcome = field(default_factory=PassOutcome)
    _batch_ends: datetime | None = None
    _in_batch: int = 0

    def act(self, plan: Plan) -> PassOutcome:
        """Do as much as there is time for. Raises LeaseLost, Superseded or Denied at once."""
        valid = [action for action in plan.mutations if self._is_valid(action)]
        for action in valid:
            if not self.pace.has_time() or (self.fail_fast and self.done.refused):
                break
            if not isinstance(action, Create | NextAttempt) or self._may_create(action):
                self._one(action)
        return self.done

    def _may_create(self, action: Create | NextAttempt) -> bool:
        """Whether it makes sense to ask: the quota is not used up, the role is not unusable."""
        if said := self.done.roles.get(action.declaration.request.role_arn):
            self._role_is_not_ready(action, said)
            return False
        return not self.done.quota

    def _one(self, action: Mutation) -> None:
        self._look_around(creates=isinstance(action, Create | NextAttempt))
        self.pace.keep()
        try:
            self._do(action)
        except LimitExceeded as error:
            self.done.quota = str(error)
        except (NameInUse, RoleNotReady, Invalid, ResourceFailed) as error:
            if not isinstance(action, Create | NextAttempt):
                raise
            self._refused(action, error)
        except Transient as error:
            self.done.waits[job_name(action)] = str(error)
            self.pace.went_badly()
            return
        else:
            self.done.add(action)
            self.ports.log("acted", action=kind(action), job=job_name(action), reason=action.reason)
        self.pace.went_well()

    def _refused(self, action: Create | NextAttempt, error: PortError | ResourceFailed) -> None:
        match error:
            case NameInUse():
                self._note(action, RecordState.TAKEN, str(error))
            case RoleNotReady():
                self.done.roles[action.declaration.request.role_arn] = str(error)
                self._role_is_not_ready(action, str(error))
            case _:
                self._note(action, RecordState.REFUSED, str(error))

    def _look_around(self, *, creates: bool) -> None:
        """Before each batch: is the stack, is the pointer as before?"""
        now = self.ports.clock.now()
        if self._batch_ends is None or now >= self._batch_ends or self._in_batch >= BATCH:
            self.grip.renew(creates=creates or self._was_creating())
            self._batch_ends, self._in_batch = self.ports.clock.now() + BATCH_TIME, 0
        elif creates and not self._was_creating():
            self.grip.renew(creates=True)
        self._in_batch += 1

    def _was_creating(self) -> bool:
        lease, acted = self.grip.desired.lease, self.grip.desired.acted
        return lease is not None and acted is not None and acted >= lease.until

    def _do(self, action: Mutation) -> None:
        gateway = self.ports.gateway
        match action:
            case Create() | NextAttempt():
                check_source(action.declaration, self.ports.artifacts)
                arn = gateway.create(request_of(action, action.name, self.operation))
                now = self.ports.clock.now()
                self.seen.records[str(action.name)] = created(
                    action.declaration, arn, self.operation, now
                )
            case Stop():
                gateway.stop(action.job.name)
            case Delete():
                gateway.delete(action.job.name)
                self.seen.records.pop(action.job.name, None)
            case Retag():
                self._retag(action)
            case Adopt():
                raise AssertionError("a fleet adopts nothing")
            case _:
                assert_never(action)

    def _retag(self, action: Retag) -> None:
        if action.to_set:
            self.ports.gateway.add_tags(action.job.arn, dict(action.to_set))
        if action.to_remove:
            self.ports.gateway.remove_tags(action.job.arn, action.to_remove)
        record, declaration = self.seen.records.get(action.job.name), self._declared(action.job)
        if record is not None and declaration is not None:
            self.seen.records[action.job.name] = replace(record, tags=tags_digest(declaration))

    def _is_valid(self, action: Mutation) -> bool:
        if not isinstance(action, Create | NextAttempt):
            return True
        try:
            request = request_of(action, action.name, self.operation)
            refuse_invalid(request, self.region, self.ports.policy)
        except ResourceFailed as refused:
            self._note(action, RecordState.REFUSED, str(refused))
            return False
        return True

    def _role_is_not_ready(self, action: Create | NextAttempt, said: str) -> None:
        """Later, while the role is new; after that the service's own words are the reason."""
        if self.ports.clock.now() < self.roles_until:
            self.done.waits[str(action.name)] = said
        else:
            self._note(action, RecordState.REFUSED, said)

    def _note(self, action: Create | NextAttempt, known: RecordState, reason: str) -> None:
        name, since = str(action.name), self.ports.clock.now()
        before = self.seen.records.get(name)
        if before is not None and before.known is known is RecordState.TAKEN:
            since = before.since
        self.seen.records[name] = JobRecord(
            known, since, operation=self.operation,
            settings=action.declaration.settings_digest, reason=reason[:1024],
        )  # fmt: skip
        if known is RecordState.REFUSED:
            self.done.refused.append(name)
        self.ports.log("not accepted", job=name, known=known.value, reason=reason[:500])

    def _declared(self, job: ObservedJob) -> Declaration | None:
        name = job.job_name
        return None if name is None else self.seen.wanted.get(name.identity)
