"""A model of CloudFormation's operations on stacks with custom resources and failing siblings.

Modelled from the documentation and from public threads on what happens when things go wrong:
parallel creation, a sibling's failure that cancels what is in flight, Deletes while the Create
still runs, rollback as an Update with swapped properties, cleanup Deletes, abandoned cleanups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from tests.simulation.cloudformation.custom_resource import ACCOUNT, REGION, CustomResources, guid
from tests.simulation.cloudformation.faults import Chance, Switches
from tests.simulation.cloudformation.simulation import Simulation
from tests.simulation.cloudformation.stack import (
    CUSTOM,
    Leftover,
    Record,
    Resource,
    Stack,
    Template,
    in_dependency_order,
)
from tests.simulation.cloudformation.sweep import Done, Sweep

Steps: TypeAlias = list[tuple[Resource, Callable[[Done], None]]]


@dataclass(slots=True)
class CloudFormation:
    """Stacks and their operations."""

    simulation: Simulation
    chance: Chance
    switches: Switches
    custom: CustomResources
    stacks: dict[str, Stack] = field(default_factory=dict)
    _sweeps: dict[str, Sweep] = field(default_factory=dict)

    # --- operations ---------------------------------------------------------------------------

    def create_stack(self, name: str, template: Template, *, no_rollback: bool = False) -> Stack:
        """Begin to create a stack; with `no_rollback` a failure leaves what there is."""
        stack_id = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{guid(self.chance)}"
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

    def update_stack(self, stack: Stack, template: Template, *, no_rollback: bool = False) -> None:
        """Begin an update of a stack that stands still.

        With `no_rollback` a failure leaves what there is, and another update, or a rollback over
        all of them, follows.
        """
        stack.updates.append(self.simulation.now)
        if stack.phase != "UPDATE_FAILED":
            stack.leftovers = []
            for record in stack.records.values():
                record.touched = record.created_now = False
                record.before, record.id_before = record.resource, record.physical_id
        self._phase(stack, "UPDATE_IN_PROGRESS")
        kept = {item.logical_id for item in template}

        def ended(ok: bool) -> None:
            if not ok and no_rollback:
                self._cancel(stack)
                self._phase(stack, "UPDATE_FAILED")
                return
            if not ok:
                self._begin_rollback(stack)
                return
            for name in [name for name in stack.records if name not in kept]:
                record = stack.records.pop(name)
                stack.leftovers.append(Leftover(record.resource, record.physical_id))
            self._clean_up(stack, "UPDATE_COMPLETE")

        self._sweep(stack, self._forward_steps(stack, template), ended)

    def roll_back_stack(self, stack: Stack) -> None:
        """What `aws cloudformation rollback-stack` does after an update that was left failed."""
        assert stack.phase == "UPDATE_FAILED"
        self._begin_rollback(stack)

    def cancel_update_stack(self, stack: Stack) -> None:
        """What `aws cloudformation cancel-update-stack` does while an update is in progress."""
        if stack.phase == "UPDATE_IN_PROGRESS":
            self.chance.visit("update cancelled by the user")
            self._sweeps[stack.stack_id].ended = True
            self._begin_rollback(stack)

    def continue_update_rollback(self, stack: Stack, skip: Iterable[str] = ()) -> None:
        """Try again what failed at rollback; skipped resources count as rolled back."""
        for name in skip:
            record = stack.records.get(name)
            if record is not None and record.touched and not record.created_now:
                self.chance.visit("rollback skipped a resource")
                stack.skipped.append((self.simulation.now, name))
                record.touched = False
                record.resource = record.before or record.resource
                self._show(stack, record, "UPDATE_COMPLETE")
        self._roll_back_update(stack)

    def delete_stack(self, stack: Stack) -> None:
        """Begin to delete a stack, also one that is being created."""
        if stack.phase == "CREATE_IN_PROGRESS":
            self.chance.visit("deleted while being created")
            self._sweeps[stack.stack_id].ended = True
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
        steps: Steps,
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
        sweep = Sweep({r.logical_id: s for r, s in steps}, after, on_end, patient)
        self._sweeps[stack.stack_id] = sweep
        self.simulation.after(self.chance.between(0.1, 1.0), sweep.advance)

    def _cancel(self, stack: Stack) -> None:
        """Stop waiting for everything in flight; late answers will be ignored."""
        for record in stack.records.values():
            if record.status.endswith("_IN_PROGRESS"):
                self._show(stack, record, record.status.replace("IN_PROGRESS", "FAILED"))
        self.custom.cancel(stack)

    def _forward_steps(self, stack: Stack, template: Template) -> Steps:
        steps: Steps = []
        for resource in in_dependency_order(template):
            steps.append((resource, partial(self._forward, stack, resource)))
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
            stack.updates.append(self.simulation.now)
        steps: Steps = []
        for record in stack.records.values():
            if record.touched and not record.created_now and record.before is not None:
                steps.append((record.before, partial(self._back, stack, record)))

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
        steps: Steps = []
        for number, leftover in enumerate(stack.leftovers):
            if self._is_kept(stack, leftover):
                continue
            place = Resource(f"{leftover.resource.logical_id}#{number}", {})
            steps.append((place, partial(self._discard, stack, leftover)))

        def ended(ok: bool) -> None:
            self._phase(stack, outcome)

        self._sweep(stack, steps, ended, patient=True)

    def _is_kept(self, stack: Stack, leftover: Leftover) -> bool:
        """Whether a resource has its id again. Another logical id's with the same id is not it:
        CloudFormation deletes the old one of a construct that was moved.
        """
        record = stack.records.get(leftover.resource.logical_id)
        return record is not None and record.physical_id == leftover.physical_id

    def _discard(self, stack: Stack, leftover: Leftover, done: Done) -> None:
        record = Record(leftover.resource, leftover.physical_id)

        def discarded(ok: bool) -> None:
            if not ok:
                self.chance.visit("cleanup abandoned")
                leftover.abandoned = self.simulation.now
                stack.abandoned.append(leftover)
            done(True)

        self._act(stack, record, "Delete", "DELETE", leftover.resource, None, discarded)

    def _delete_all(self, stack: Stack, outcome: str, failure: str) -> None:
        steps: Steps = []
        for record in stack.records.values():
            steps.append((record.resource, partial(self._remove, stack, record)))

        def ended(ok: bool) -> None:
            self._phase(stack, outcome if ok else failure)

        self._sweep(stack, steps, ended, reverse=True, patient=True)

    def _remove(self, stack: Stack, record: Record, done: Done) -> None:
        def removed(ok: bool) -> None:
            if ok:
                stack.records.pop(record.resource.logical_id, None)
            done(ok)

        self._act(stack, record, "Delete", "DELETE", record.resource, None, removed)

    def _shows(self, stack: Stack, record: Record, kind: str) -> bool:
        """Whether a request is seen in the stack's list of resources: the Delete of an id that
        was replaced is not, there the new one stands.
        """
        current = stack.records.get(record.resource.logical_id)
        return kind != "Delete" or current is None or current is record

    def _show(self, stack: Stack, record: Record, status: str, *, shown: bool = True) -> None:
        record.status = status
        if shown:
            stack.show(record, self.simulation.now)

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
        shown = self._shows(stack, record, kind)
        self._show(stack, record, f"{status}_IN_PROGRESS", shown=shown)

        def ended(ok: bool) -> None:
            if record.status == f"{status}_IN_PROGRESS":
                outcome = "COMPLETE" if ok else "FAILED"
                self._show(stack, record, f"{status}_{outcome}", shown=shown)
            done(ok)

        if resource.type == CUSTOM:
            self.custom.begin(stack, record, kind, resource, old, ended)
            return
        fails = kind != "Delete" and bool(resource.properties["fails"])
        seconds = 1.0 if kind == "Delete" else float(resource.properties["seconds"])
        if not record.physical_id:
            record.physical_id = f"sibling-{resource.logical_id}"
        self.simulation.after(seconds, lambda: ended(not fails))
