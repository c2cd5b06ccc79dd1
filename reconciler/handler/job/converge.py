"""Create and Update: bring the declared job about.

An Update sweeps before it changes anything or reports success: live jobs of older or abandoned
generations are stopped. The resource's present job is left alone, since until its cleanup Delete
it is CloudFormation's to come back to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from reconciler.core.attempts import Operation
from reconciler.core.completion import (
    Broken,
    Completion,
    Decision,
    Pending,
    Succeeded,
    completion,
)
from reconciler.core.contract import IAM_LAG, SETTLE
from reconciler.core.declaration import Declaration
from reconciler.core.failure import FailureKind
from reconciler.core.identity import MAX_ATTEMPT, Identity
from reconciler.core.metric_names import DEADLINE
from reconciler.core.observed import ObservedJob
from reconciler.core.plan import Adopt, Await, Create, NextAttempt, Plan, Retag, Stop
from reconciler.core.plan import Delete as DeleteRecord
from reconciler.core.planner import plan
from reconciler.core.ports import (
    Denied,
    LimitExceeded,
    NameInUse,
    PortError,
    RoleNotReady,
    Transient,
    Unavailable,
)
from reconciler.engine.execute import Executor
from reconciler.engine.source import check_source
from reconciler.handler.cfn.answer import ResourceFailed, fit_data
from reconciler.handler.cfn.event import RequestType
from reconciler.handler.cfn.fence import StackPhase, Superseded
from reconciler.handler.job.create_window import may_create, may_pass_over
from reconciler.handler.job.deadline import after_superseded, give_up
from reconciler.handler.job.gather import merged
from reconciler.handler.job.poll import Run, pending
from reconciler.handler.job.properties import JobProperties, decode


def step(run: Run) -> dict[str, object]:
    """One poll. Raises ResourceFailed when the operation has failed for good."""
    desired = decode(run.event.properties, run.event.owner)
    try:
        outcome = _Convergence(run, desired).advance()
        if isinstance(outcome, Succeeded) or run.is_time_to_ask():
            run.executor().fence.check()
    except Superseded:
        return after_superseded(run, desired)
    except PortError as error:
        outcome = _after_error(run, error)
    match outcome:
        case Succeeded(attributes, job):
            run.meter.succeeded(job, run.timing.began)
            return {
                "IsComplete": True,
                "PhysicalResourceId": str(desired.declaration.identity),
                "Data": fit_data(attributes),
            }
        case Broken():
            raise ResourceFailed(str(outcome), outcome.kind)
        case Pending(reason) if run.overdue():
            return give_up(run, desired, reason)
        case Pending(reason):
            return pending(run, reason)


def _after_error(run: Run, error: PortError) -> Completion:
    """Pending, or broken where waiting will not help: the service's own words are the reason.

    A permission may be missing only because the policy that grants it is just being made known:
    the first deployment of a stack makes the handler's policies and the jobs' roles.
    """
    match error:
        case RoleNotReady() | Denied() if run.elapsed() <= IAM_LAG:
            return Pending(str(error))
        case RoleNotReady():
            return Broken(
                str(error),
                "It has been so for more than 2 minutes, so it is no delay of IAM's: check the "
                "role's trust policy and permissions, and iam:PassRole of the caller.",
                FailureKind.PERMISSION.value,
            )
        case Denied():
            hint = "Grant the handler that permission."
            return Broken(str(error), hint, FailureKind.PERMISSION.value)
        case LimitExceeded() if run.last_chance():
            return Broken(str(error), "No job could be started before the deadline.", DEADLINE)
        case Transient():
            return Pending(str(error))
        case _:
            return Broken(str(error), "")


@dataclass(frozen=True, slots=True)
class _Convergence:
    run: Run
    desired: JobProperties

    def advance(self) -> Completion:
        """Gather, decide, act; how far it is then."""
        gatherer = self.run.gatherer(self.desired.bucket_owner)
        jobs = gatherer.chain(self._identity, deep=self.run.elapsed() > SETTLE)
        chosen, decision = self._decide(jobs)
        outcome = completion(decision, wait=self.desired.wait)
        if self._must_sweep(decision, outcome):
            chosen, decision = self._decide(merged(self._sweep(), jobs))
            outcome = completion(decision, wait=self.desired.wait)
        self._act(chosen)
        return outcome

    def _decide(self, jobs: list[ObservedJob]) -> tuple[Plan, Decision]:
        chosen = plan(
            (self._declaration,),
            jobs,
            Operation(self.run.event.request_id, self.run.timing.began, self._may_retry()),
            self.desired.policy,
            protected=self._protected(),
            dropped_tags=self._dropped_tags(),
        )
        (decision,) = (
            action
            for action in chosen.actions
            if not isinstance(action, Stop | DeleteRecord | Retag)
        )
        return chosen, decision

    def _must_sweep(self, decision: Decision, outcome: Completion) -> bool:
        if self.run.event.type is RequestType.CREATE:
            return False
        return not (isinstance(decision, Await | Adopt) and isinstance(outcome, Pending))

    def _sweep(self) -> list[ObservedJob]:
        """Live jobs of every generation of the names that this resource has, or had.

        List may lag behind, so the job of the declaration before is described by its name too.
        """
        gatherer = self.run.gatherer()
        jobs = gatherer.generations(self._identity, self._declaration.logical_name, finished=False)
        previous = self._previous()
        if previous is None or previous.identity in {self._identity, *self._protected()}:
            return jobs
        if previous.logical_name != self._declaration.logical_name:
            jobs += gatherer.generations(previous.identity, previous.logical_name, finished=False)
        described = gatherer.attempts(previous.identity)
        if not described and self._undoes_what_may_still_appear():
            raise Unavailable("NotSettled", "the update that is undone may have just begun a job")
        return [*jobs, *described]

    def _undoes_what_may_still_appear(self) -> bool:
        # Wanting what the resource is, where something else was tried, is a rollback too.
        rolling_back = (
            self.run.timing.baseline.phase is StackPhase.ROLLBACK
            or self.run.physical_identity == self._identity
        )
        return rolling_back and self.run.elapsed() < SETTLE

    def _previous(self) -> Declaration | None:
        try:
            return decode(self.run.event.old_properties, self.run.event.owner).declaration
        except ValueError:  # written by another version, or never valid
            return None

    def _act(self, chosen: Plan) -> None:
        executor = self.run.executor()
        for action in chosen.mutations:
            if isinstance(action, Create | NextAttempt):
                self._create(executor, action)
            else:
                executor.execute(action)

    def _create(self, executor: Executor, action: Create | NextAttempt) -> None:
        """Create, if it is the time to. A name in use is judged by the next poll: it was an own
        create whose answer was lost, or another actor's, or else the name of a deleted record
        that is taken for ever, and that one is passed over.
        """
        elapsed = self.run.elapsed()
        if not may_create(elapsed):
            return
        self._refuse_after_own_rollback()
        check_source(self._declaration, self.run.artifacts)
        first = action.name.attempt
        for number in range(first, min(first + 1, MAX_ATTEMPT) + 1):
            name = action.name.identity.attempt(number)
            try:
                executor.execute(replace(action, name=name))
            except NameInUse as error:
                self.run.log("name in use", job=str(name), code=error.code)
                if not may_pass_over(elapsed) or self.run.gateway.describe(str(name)):
                    return
            else:
                self._measure_drift()
                return

    def _measure_drift(self) -> None:
        """An update had to compile what the resource is said to be: it was not there any more."""
        event = self.run.event
        if event.type is RequestType.UPDATE and self.run.physical_identity == self._identity:
            self.run.meter.count("DriftFound")

    def _refuse_after_own_rollback(self) -> None:
        """An update delivered late, while the stack rolls back, looks like the rollback itself;
        but then the resource is no longer being worked on.
        """
        if self.run.timing.baseline.phase is not StackPhase.ROLLBACK:
            return
        event = self.run.event
        resource = self.run.stacks.resource(event.stack_id, event.logical_id)
        if resource is not None and not resource.status.endswith("_IN_PROGRESS"):
            raise Superseded("the resource has been rolled back already")

    @property
    def _declaration(self) -> Declaration:
        return self.desired.declaration

    @property
    def _identity(self) -> Identity:
        return self._declaration.identity

    def _protected(self) -> frozenset[Identity]:
        physical = self.run.physical_identity
        return frozenset() if physical is None else frozenset({physical})

    def _dropped_tags(self) -> frozenset[str]:
        before = self._previous()
        return frozenset() if before is None else tag_keys(before) - tag_keys(self._declaration)

    def _may_retry(self) -> bool:
        if not self.desired.wait:
            return True
        runtime = self._declaration.request.max_runtime or 0
        return self.run.now() + timedelta(seconds=runtime) <= self.run.timing.deadline


def tag_keys(declaration: Declaration) -> frozenset[str]:
    """The keys of the declared tags."""
    return frozenset(key for key, _ in declaration.request.tags)
