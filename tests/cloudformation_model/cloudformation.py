"""A model of CloudFormation for stacks with custom resources and failing siblings.

Modelled from the documentation of the custom resource protocol and from public threads on what
it does when things go wrong: parallel creation, a sibling's failure that cancels what is in
flight, Deletes with invented ids while the Create still runs, ids of FAILED answers adopted,
rollback as an Update with swapped properties, cleanup Deletes, abandoned cleanups, the limit of
4096 bytes, one hour for an answer, late answers ignored, at-least-once delivery.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.cloudformation_model.faults import Chance, Switches
from tests.cloudformation_model.simulation import Simulation
from tests.cloudformation_model.stack import (
    CUSTOM,
    Answer,
    Leftover,
    Record,
    Request,
    Resource,
    Stack,
    Template,
    in_dependency_order,
    stringified,
)

Json = dict[str, Any]
MAX_RESPONSE: Final = 4096
MAX_ID: Final = 1024
SERVICE_TIMEOUT: Final = 3600.0
REGION: Final = "us-east-1"
ACCOUNT: Final = "111122223333"
Done = Callable[[bool], None]


@dataclass(slots=True)
class _Pass:
    """One sweep over resources: each step starts when those before it are done.

    A failing step ends the sweep at once unless `patient`: then it ends when nothing runs.
    """

    steps: dict[str, Callable[[Done], None]]
    after: dict[str, set[str]]
    on_end: Done
    patient: bool = False
    running: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    failed: bool = False
    ended: bool = False

    def advance(self) -> None:
        if self.ended:
            return
        if not (self.failed and self.patient):
            for name in list(self.steps):
                if self.after[name] <= self.finished and name in self.steps and not self.ended:
                    step = self.steps.pop(name)
                    self.running.add(name)
                    step(lambda ok, name=name: self._step_done(name, ok))  # type: ignore[misc]
        if not self.ended and not self.running and (self.failed or not self.steps):
            self._end()

    def _step_done(self, name: str, ok: bool) -> None:
        if self.ended or name not in self.running:
            return
        self.running.discard(name)
        self.failed = self.failed or not ok
        if ok:
            self.finished.add(name)
        if not ok and not self.patient:
            self._end()
        else:
            self.advance()

    def _end(self) -> None:
        self.ended = True
        self.on_end(not self.failed)


@dataclass(slots=True)
class CloudFormation:
    """Stacks and their operations; `deliver` sends an event to the provider."""

    simulation: Simulation
    chance: Chance
    switches: Switches
    deliver: Callable[[Json, float], None]
    stacks: dict[str, Stack] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    """By path of the response URL, in the order in which they were sent."""
    _waiting: dict[str, Done] = field(default_factory=dict)
    _passes: dict[str, _Pass] = field(default_factory=dict)

    # --- operations ---------------------------------------------------------------------------

    def create_stack(self, name: str, template: Template, *, no_rollback: bool = False) -> Stack:
        """Begin to create a stack; with `no_rollback` a failure leaves what there is."""
        guid = self._guid()
        stack_id = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{guid}"
        stack = Stack(name, stack_id, self.simulation.now)
        self.stacks[stack_id] = stack
        self._phase(stack, "CREATE_IN_PROGRESS")

        def ended(ok: bool) -> None:
            if ok:
                self._phase(stack, "CREATE_COMPLETE")
            elif no_rollback:
                self._phase(stack, "CREATE_FAILED")
            else:
                self._cancel(stack)
                self._phase(stack, "ROLLBACK_IN_PROGRESS")
                self._delete_all(stack, "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")

        self._sweep(stack, self._forward_steps(stack, template), ended, patient=no_rollback)
        return stack

    def update_stack(self, stack: Stack, template: Template) -> None:
        """Begin an update of a stack that stands still."""
        stack.updated = self.simulation.now
        stack.leftovers = []
        for record in stack.records.values():
            record.touched = record.created_now = False
            record.before, record.id_before = record.resource, record.physical_id
        self._phase(stack, "UPDATE_IN_PROGRESS")
        kept = {item.logical_id for item in template}

        def ended(ok: bool) -> None:
            if not ok:
                self._begin_rollback(stack)
                return
            for name in [name for name in stack.records if name not in kept]:
                record = stack.records.pop(name)
                stack.leftovers.append(Leftover(record.resource, record.physical_id))
            self._clean_up(stack, "UPDATE_COMPLETE")

        self._sweep(stack, self._forward_steps(stack, template), ended)

    def cancel_update_stack(self, stack: Stack) -> None:
        """What `aws cloudformation cancel-update-stack` does while an update is in progress."""
        if stack.phase == "UPDATE_IN_PROGRESS":
            self.chance.visit("update cancelled by the user")
            self._passes[stack.stack_id].ended = True
            self._begin_rollback(stack)

    def continue_update_rollback(self, stack: Stack, skip: Iterable[str] = ()) -> None:
        """Try again what failed at rollback; skipped resources count as rolled back."""
        for name in skip:
            record = stack.records.get(name)
            if record is not None and record.touched and not record.created_now:
                self.chance.visit("rollback skipped a resource")
                record.touched = False
                record.resource = record.before or record.resource
                record.status = "UPDATE_COMPLETE"
        self._roll_back_update(stack)

    def delete_stack(self, stack: Stack) -> None:
        """Begin to delete a stack, also one that is being created."""
        if stack.phase == "CREATE_IN_PROGRESS":
            self.chance.visit("deleted while being created")
            self._passes[stack.stack_id].ended = True
            self._cancel(stack)
        self._phase(stack, "DELETE_IN_PROGRESS")
        self._delete_all(stack, "DELETE_COMPLETE", "DELETE_FAILED")

    # --- phases -------------------------------------------------------------------------------

    def _phase(self, stack: Stack, phase: str) -> None:
        stack.phase = phase
        stack.history.append((self.simulation.now, phase))

    def _sweep(
        self,
        stack: Stack,
        steps: list[tuple[Resource, Callable[[Done], None]]],
        on_end: Done,
        *,
        reverse: bool = False,
        patient: bool = False,
    ) -> None:
        names = {resource.logical_id for resource, _ in steps}
        after: dict[str, set[str]] = {name: set() for name in names}
        for resource, _ in steps:
            for other in set(resource.depends_on) & names:
                first, second = (
                    (resource.logical_id, other)
                    if reverse
                    else (
                        other,
                        resource.logical_id,
                    )
                )
                after[second].add(first)
        sweep = _Pass({r.logical_id: s for r, s in steps}, after, on_end, patient)
        self._passes[stack.stack_id] = sweep
        self.simulation.after(self.chance.between(0.1, 1.0), sweep.advance)

    def _cancel(self, stack: Stack) -> None:
        """Stop waiting for everything in flight; late answers will be ignored."""
        for record in stack.records.values():
            if record.status.endswith("_IN_PROGRESS"):
                record.status = record.status.replace("IN_PROGRESS", "FAILED")
        for request in self.requests.values():
            if request.stack is stack and request.outcome == "pending":
                self.chance.visit(f"cancelled in flight: {request.type}")
                self._settle(request, "cancelled")

    def _forward_steps(
        self, stack: Stack, template: Template
    ) -> list[tuple[Resource, Callable[[Done], None]]]:
        steps: list[tuple[Resource, Callable[[Done], None]]] = []
        for resource in in_dependency_order(template):
            steps.append((resource, lambda done, r=resource: self._forward(stack, r, done)))  # type: ignore[misc]
        return steps

    def _forward(self, stack: Stack, resource: Resource, done: Done) -> None:
        record = stack.records.get(resource.logical_id)
        if record is None:
            record = Record(resource, touched=True, created_now=True)
            stack.records[resource.logical_id] = record
            self._act(stack, record, "Create", "CREATE", resource, None, done)
        elif record.resource.properties != resource.properties:
            record.touched = True
            old, record.resource = record.resource, resource
            self._act(stack, record, "Update", "UPDATE", resource, old, done)
        else:
            done(True)

    def _begin_rollback(self, stack: Stack) -> None:
        stack.leftovers = []  # what was replaced is wanted again
        self._roll_back_update(stack)

    def _roll_back_update(self, stack: Stack) -> None:
        self._cancel(stack)
        self._phase(stack, "UPDATE_ROLLBACK_IN_PROGRESS")
        if self.switches.last_updated_moves_at_rollback:
            stack.updated = self.simulation.now
        steps: list[tuple[Resource, Callable[[Done], None]]] = []
        for record in stack.records.values():
            if record.touched and not record.created_now and record.before is not None:
                steps.append(
                    (record.before, lambda done, r=record: self._back(stack, r, done))  # type: ignore[misc]
                )

        def ended(ok: bool) -> None:
            if not ok:
                self._cancel(stack)
                self._phase(stack, "UPDATE_ROLLBACK_FAILED")
                return
            for name in [name for name, record in stack.records.items() if record.created_now]:
                record = stack.records.pop(name)
                stack.leftovers.append(Leftover(record.resource, record.physical_id))
            self._clean_up(stack, "UPDATE_ROLLBACK_COMPLETE")

        self._sweep(stack, steps, ended)

    def _back(self, stack: Stack, record: Record, done: Done) -> None:
        self.chance.visit("rollback Update sent")
        before = record.before or record.resource
        failed, record.resource = record.resource, before

        def rolled(ok: bool) -> None:
            if ok:
                record.touched = False
                if record.id_before not in (record.physical_id, failed_id):
                    stack.leftovers.append(Leftover(before, record.id_before))
            else:
                record.resource = failed
            done(ok)

        failed_id = record.physical_id
        self._act(stack, record, "Update", "UPDATE", before, failed, rolled)

    def _clean_up(self, stack: Stack, outcome: str) -> None:
        self._phase(stack, f"{outcome}_CLEANUP_IN_PROGRESS")
        steps: list[tuple[Resource, Callable[[Done], None]]] = []
        current = {record.physical_id for record in stack.records.values()}
        for number, leftover in enumerate(stack.leftovers):
            if leftover.physical_id and leftover.physical_id in current:
                continue
            place = Resource(f"{leftover.resource.logical_id}#{number}", {})
            steps.append((place, lambda done, item=leftover: self._discard(stack, item, done)))  # type: ignore[misc]

        def ended(ok: bool) -> None:
            self._phase(stack, outcome)

        self._sweep(stack, steps, ended, patient=True)

    def _discard(self, stack: Stack, leftover: Leftover, done: Done) -> None:
        record = Record(leftover.resource, leftover.physical_id)

        def discarded(ok: bool) -> None:
            if not ok:
                self.chance.visit("cleanup abandoned")
                stack.abandoned.append(leftover)
            done(True)

        self._act(stack, record, "Delete", "DELETE", leftover.resource, None, discarded)

    def _delete_all(self, stack: Stack, outcome: str, failure: str) -> None:
        steps: list[tuple[Resource, Callable[[Done], None]]] = []
        for record in stack.records.values():
            steps.append((record.resource, lambda done, r=record: self._remove(stack, r, done)))  # type: ignore[misc]

        def ended(ok: bool) -> None:
            self._phase(stack, outcome if ok else failure)

        self._sweep(stack, steps, ended, reverse=True, patient=True)

    def _remove(self, stack: Stack, record: Record, done: Done) -> None:
        def removed(ok: bool) -> None:
            if ok:
                stack.records.pop(record.resource.logical_id, None)
            done(ok)

        self._act(stack, record, "Delete", "DELETE", record.resource, None, removed)

    # --- one resource -------------------------------------------------------------------------

    def _act(
        self,
        stack: Stack,
        record: Record,
        kind: str,
        status: str,
        resource: Resource,
        old: Resource | None,
        done: Done,
    ) -> None:
        record.status = f"{status}_IN_PROGRESS"

        def ended(ok: bool) -> None:
            if record.status == f"{status}_IN_PROGRESS":
                record.status = f"{status}_{'COMPLETE' if ok else 'FAILED'}"
            done(ok)

        if resource.type == CUSTOM:
            self._request(stack, record, kind, resource, old, ended)
            return
        fails = kind != "Delete" and bool(resource.properties["fails"])
        seconds = 1.0 if kind == "Delete" else float(resource.properties["seconds"])
        if not record.physical_id:
            record.physical_id = f"sibling-{resource.logical_id}"
        self.simulation.after(seconds, lambda: ended(not fails))

    def _request(
        self,
        stack: Stack,
        record: Record,
        kind: str,
        resource: Resource,
        old: Resource | None,
        done: Done,
    ) -> None:
        invented = kind == "Delete" and not record.physical_id
        physical_id = self._invented(stack, resource) if invented else record.physical_id
        request = Request(
            self._guid(),
            stack,
            resource.logical_id,
            kind,
            physical_id,
            stringified(resource.properties),
            invented,
            self.simulation.now,
        )
        if invented:
            self.chance.visit("Delete with an invented id")
        path = f"/{request.request_id}?X-Amz-Signature=secret"
        event = self._event(request, path, old)
        self.requests[path] = request
        before = record.physical_id

        def settled(ok: bool) -> None:
            self._adopt(request, record, before, old)
            done(ok)

        self._waiting[request.request_id] = settled
        self.simulation.after(SERVICE_TIMEOUT, lambda: self._expire(request))
        self._send(event)

    def _send(self, event: Json) -> None:
        delay = 0.5
        if self.chance.hit("late_delivery"):
            delay = self.chance.random.choice([5.0, 60.0, 300.0])
        self.deliver(event, delay)
        while self.chance.hit("duplicate_delivery"):
            self.deliver(dict(event), self.chance.between(0.0, 90.0))

    def _event(self, request: Request, path: str, old: Resource | None) -> Json:
        event: Json = {
            "RequestType": request.type,
            "ServiceToken": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:framework-onEvent",
            "ResponseURL": f"https://cloudformation-custom-resource-response.test{path}",
            "StackId": request.stack.stack_id,
            "RequestId": request.request_id,
            "LogicalResourceId": request.logical_id,
            "ResourceType": CUSTOM,
            "ResourceProperties": request.properties,
        }
        if request.type != "Create":
            event["PhysicalResourceId"] = request.physical_id
        if request.type == "Update" and old is not None:
            event["OldResourceProperties"] = stringified(old.properties)
        return event

    def _adopt(self, request: Request, record: Record, before: str, old: Resource | None) -> None:
        """Take the id of the answer, of a FAILED one too, as CloudFormation does."""
        if request.type == "Delete" or request.outcome not in ("SUCCESS", "FAILED"):
            return
        answered = json.loads(request.answers[0].body)["PhysicalResourceId"]
        record.physical_id = answered
        if request.type == "Update" and answered != before and old is not None:
            self.chance.visit(f"id replaced: {request.outcome}")
            request.stack.leftovers.append(Leftover(old, before))

    def _expire(self, request: Request) -> None:
        if request.outcome == "pending":
            self.chance.visit("no answer for an hour")
            self._finish(request, "timed out")

    def _settle(self, request: Request, outcome: str) -> Done | None:
        request.outcome = outcome
        request.settled = self.simulation.now
        return self._waiting.pop(request.request_id, None)

    def _finish(self, request: Request, outcome: str) -> None:
        done = self._settle(request, outcome)
        if done is not None:
            done(outcome == "SUCCESS")

    # --- answers ------------------------------------------------------------------------------

    def put(self, path: str, body: str) -> int:
        """A PUT to a response URL: S3 takes anything; CloudFormation reads it a little later."""
        request = self.requests[path]
        late = request.outcome != "pending" or bool(request.answers)
        if late:
            self.chance.visit("late or second answer ignored")
        request.answers.append(Answer(self.simulation.now, body, late))
        if not late:
            self.simulation.after(self.chance.between(0.1, 2.0), lambda: self._read(request))
        return 200

    def _read(self, request: Request) -> None:
        if request.outcome != "pending":
            return
        body = request.answers[0].body
        reason = "Response object is too long." if len(body.encode()) > MAX_RESPONSE else ""
        answer: Json = {} if reason else json.loads(body)
        if not reason and not 0 < len(answer.get("PhysicalResourceId") or "") <= MAX_ID:
            reason = "Invalid PhysicalResourceId"
        if reason:
            self.chance.visit("answer refused")
            request.stack.reasons.append(reason)
            self._finish(request, "refused")
            return
        if answer["Status"] == "FAILED":
            request.stack.reasons.append(answer["Reason"])
        self._finish(request, answer["Status"])

    # --- names --------------------------------------------------------------------------------

    def _guid(self) -> str:
        digits = f"{self.chance.random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def _invented(self, stack: Stack, resource: Resource) -> str:
        letters = string.ascii_uppercase + string.digits
        suffix = "".join(self.chance.random.choices(letters, k=12))
        return f"{stack.name}-{resource.logical_id}-{suffix}"
