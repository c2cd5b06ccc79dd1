"""Create and Update: bring the declared job about.

An Update lists its name prefix before it changes anything or reports success: live jobs of older
or abandoned generations are stopped. The resource's current job is left alone, since until its
cleanup Delete CloudFormation may come back to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconciler.core import metric_names
from reconciler.core.attempts import is_of_another
from reconciler.core.completion import Completion, Failed, Pending, Succeeded, completion
from reconciler.core.contract import ACCEPTED, SETTLE
from reconciler.core.declaration import Declaration
from reconciler.core.identity import MAX_ATTEMPT, Identity, JobName
from reconciler.core.metric_names import DEADLINE
from reconciler.core.observed import ObservedJob
from reconciler.core.operation import Operation, PlanOptions
from reconciler.core.plan import (
    Adopt,
    Await,
    Create,
    Creation,
    Decision,
    Keep,
    NextAttempt,
    Plan,
    Stop,
)
from reconciler.core.planner import plan
from reconciler.core.ports import LimitExceeded, NameInUse, PortError, Unavailable
from reconciler.engine.errors import JobError, RequestRejected
from reconciler.handler.cfn.answer import ResourceFailed, fit_data
from reconciler.handler.cfn.event import RequestType
from reconciler.handler.cfn.fence import StackPhase, Superseded
from reconciler.handler.job.artifact_check import verified
from reconciler.handler.job.create_window import may_create, names_passed_over
from reconciler.handler.job.deadline import after_superseded, end_at_deadline
from reconciler.handler.job.execute import FencedExecutor
from reconciler.handler.job.gather import merged
from reconciler.handler.job.poll import JobPoll
from reconciler.handler.job.properties import JobProperties, decode


def step(poll: JobPoll) -> dict[str, object]:
    """Make one poll. Raises ResourceFailed when the operation has failed for good."""
    properties = decode(poll.event.properties, poll.event.owner)
    try:
        outcome = verified(poll, properties, _Convergence(poll, properties).advance())
        outcome = _confirmed(poll, outcome)
    except Superseded:
        return after_superseded(poll, properties)
    except (PortError, RequestRejected) as error:
        outcome = _after_error(poll, error)
    match outcome:
        case Succeeded(attributes, job):
            poll.meter.succeeded(job, poll.timing.began)
            return {
                "IsComplete": True,
                "PhysicalResourceId": str(properties.declaration.identity),
                "Data": fit_data(attributes),
            }
        case Failed():
            raise ResourceFailed(str(outcome), outcome.kind)
        case Pending(reason) if poll.is_overdue():
            return end_at_deadline(poll, properties, reason)
        case Pending(reason):
            return poll.pending(reason)


def _confirmed(poll: JobPoll, outcome: Completion) -> Completion:
    """Return the outcome if CloudFormation still waits for it. Raises Superseded.

    Nobody looks after a job that is accepted and not waited for. So it is reported only when the
    framework cannot have failed the request meanwhile, unknown to this poll: it does if the answer
    to its StartExecution is lost, and then it never passes on the Delete.
    """
    match outcome:
        case Succeeded(_, job) if job.is_under_way and poll.elapsed() < ACCEPTED:
            return Pending(f"{job.name} is {job.status}")
        case Succeeded(_, job) if job.is_under_way:
            poll.fence().check_change()
        case Succeeded():
            poll.fence().check()
        case _ if poll.is_time_to_check():
            poll.fence().check()
    return outcome


def _after_error(poll: JobPoll, error: JobError) -> Completion:
    if isinstance(error, LimitExceeded) and poll.last_chance():
        return Failed(str(error), "No job could be started before the deadline.", DEADLINE)
    return poll.outcome_of(error)


@dataclass(frozen=True, slots=True)
class _Convergence:
    poll: JobPoll
    properties: JobProperties

    def advance(self) -> Completion:
        """Gather, decide, act; return how far the job is then."""
        gatherer = self.poll.gatherer(self.properties.bucket_owner, wait=self.properties.wait)
        is_update = self.poll.event.type is RequestType.UPDATE
        deep = is_update or self.poll.elapsed() > SETTLE
        jobs = gatherer.attempts_until_success(self._identity, deep=deep)
        chosen, decision = self._decide(jobs)
        outcome = completion(decision, wait=self.properties.wait)
        if self._must_list(decision, outcome):
            jobs = merged(self._list(), jobs)
            chosen, decision = self._decide(jobs)
            outcome = completion(decision, wait=self.properties.wait)
        if any(isinstance(action, Stop) for action in chosen.mutations):
            chosen, decision = self._decide(jobs, self._held_by_others())
            outcome = completion(decision, wait=self.properties.wait)
        if chosen.mutations:
            self._refuse_if_late(jobs)
        self._act(chosen)
        return outcome

    def _decide(
        self, jobs: list[ObservedJob], held: frozenset[Identity] = frozenset()
    ) -> tuple[Plan, Decision]:
        chosen = plan(
            (self._declaration,),
            jobs,
            Operation(self.poll.event.request_id, self.poll.timing.began, self._may_retry()),
            PlanOptions(
                retries=self.properties.retries,
                protected=self._protected() | held,
                dropped_tags=self._dropped_tags(),
            ),
        )
        (decision,) = chosen.decisions
        return chosen, decision

    def _must_list(self, decision: Decision, outcome: Completion) -> bool:
        if self.poll.event.type is RequestType.CREATE:
            return False
        return not (isinstance(decision, Await | Adopt) and isinstance(outcome, Pending))

    def _list(self) -> list[ObservedJob]:
        """Return live jobs of every generation of the names that this resource has, or had.

        List may lag behind, so the job of the declaration before is described by its name too.
        """
        gatherer = self.poll.gatherer()
        jobs = gatherer.generations(self._identity, self._declaration.logical_name, finished=False)
        previous = self._previous()
        if previous is None or previous.identity in {self._identity, *self._protected()}:
            return jobs
        if previous.logical_name != self._declaration.logical_name:
            jobs += gatherer.generations(previous.identity, previous.logical_name, finished=False)
        described = gatherer.attempts(previous.identity)
        if not described and self._undoes_what_may_still_appear():
            raise Unavailable("NotSettled", "the update that is undone may have just started a job")
        return [*jobs, *described]

    def _undoes_what_may_still_appear(self) -> bool:
        # An update to what the resource already is, after another was tried, is a rollback too.
        rolling_back = (
            self.poll.timing.baseline.phase is StackPhase.ROLLBACK
            or self.poll.physical_identity == self._identity
        )
        return rolling_back and self.poll.elapsed() < SETTLE

    def _previous(self) -> Declaration | None:
        try:
            return decode(self.poll.event.old_properties, self.poll.event.owner).declaration
        except ValueError:  # written by another version, or never valid
            return None

    def _refuse_if_late(self, jobs: list[ObservedJob]) -> None:
        """Raise Superseded if another request of this stack update was here before.

        CloudFormation sends one request to a resource in an update, so this one is of an earlier
        update and was delivered late.
        """
        baseline, began = self.poll.timing.baseline, self.poll.timing.began
        if baseline.phase is not StackPhase.FORWARD or not baseline.last_updated:
            return
        updated = datetime.fromisoformat(baseline.last_updated)
        request_id = self.poll.event.request_id
        for job in jobs:
            if updated <= job.created < began and is_of_another(job, request_id):
                raise Superseded(f"{job.name} was started by another request of this update")

    def _act(self, chosen: Plan) -> None:
        executor = self.poll.executor()
        for action in chosen.mutations:
            if isinstance(action, Create | NextAttempt):
                self._create(executor, action)
            else:
                executor.execute(action)
        for decision in chosen.decisions:
            if isinstance(decision, Keep):
                for note in decision.notes:
                    self.poll.ports.progress("note", job=decision.job.name, note=note)

    def _create(self, executor: FencedExecutor, action: Creation) -> None:
        """Create, if the create window is open.

        A name in use is judged by the next poll: it was an own create whose answer was lost, or
        another actor's, or else a deleted record's; only that last one is passed over.
        """
        elapsed = self.poll.elapsed()
        if not may_create(elapsed):
            return
        executor.executor.check_source(action)
        number = min(action.name.attempt + names_passed_over(elapsed), MAX_ATTEMPT)
        name = action.name.identity.attempt(number)
        try:
            executor.execute(replace(action, name=name))
        except NameInUse as error:
            self.poll.ports.progress("name in use", job=str(name), code=error.code)
        else:
            self._measure_drift()

    def _measure_drift(self) -> None:
        """Count that an update had to compile what the resource should already be."""
        event = self.poll.event
        if event.type is RequestType.UPDATE and self.poll.physical_identity == self._identity:
            self.poll.meter.count(metric_names.DRIFT_FOUND)

    @property
    def _declaration(self) -> Declaration:
        return self.properties.declaration

    @property
    def _identity(self) -> Identity:
        return self._declaration.identity

    def _protected(self) -> frozenset[Identity]:
        physical = self.poll.physical_identity
        return frozenset() if physical is None else frozenset({physical})

    def _held_by_others(self) -> frozenset[Identity]:
        """Return what other resources hold: two of them may have changed places."""
        names = map(JobName.parse, self.poll.holdings().ids_of_others())
        return frozenset(name.identity for name in names if name is not None)

    def _dropped_tags(self) -> frozenset[str]:
        before = self._previous()
        return frozenset() if before is None else _tag_keys(before) - _tag_keys(self._declaration)

    def _may_retry(self) -> bool:
        if not self.properties.wait:
            return True
        runtime = self._declaration.request.max_runtime or 0
        return self.poll.now() + timedelta(seconds=runtime) <= self.poll.timing.deadline


def _tag_keys(declaration: Declaration) -> frozenset[str]:
    """Return the keys of the declared tags."""
    return frozenset(key for key, _ in declaration.request.tags)
