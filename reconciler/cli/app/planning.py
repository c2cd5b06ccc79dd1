"""Plan what ``cdk deploy`` does to compilation jobs, by the planner that the Lambdas use.

CloudFormation sends only what a template changes, so jobs of unchanged resources are left alone,
whatever became of them. Of each changed resource the Lambda makes a plan; the same plan is made
here, of the same declarations, against the same jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from reconciler.cli.app.assembly import NESTED_STACK, AssemblyError, SynthesizedStack
from reconciler.cli.app.changes import ResourceChange, StackPlace, resource_changes
from reconciler.cli.app.engine_plan import EnginePlanning
from reconciler.cli.app.fleet_plan import FleetPlanning, fleet_of_new_stack
from reconciler.cli.app.stack_jobs import job_of_new_stack
from reconciler.cli.app.stack_plan import plan_of_jobs
from reconciler.cli.options.outside import ConnectedAccount
from reconciler.cli.plans.choices import PlanChoices
from reconciler.cli.plans.document import ActionKind, Basis, PlanDocument, PlannedAction, in_order
from reconciler.core.contract import FLEET_RESOURCE, JOB_RESOURCE
from reconciler.core.deployed_stack import DeployedStack
from reconciler.core.fleet.document import DocumentError
from reconciler.core.identity import Owner
from reconciler.core.ports import Clock
from reconciler.core.request import RequestError
from reconciler.handler.cfn.fence import StackPhase, phase_of
from reconciler.handler.cfn.properties import PropertiesError

_NOT_READ: Final = "the deployed stack was not read"


@dataclass(frozen=True, slots=True)
class AppPlanning:
    """Makes plans of an app's stacks, all of one account and region."""

    stacks: Sequence[SynthesizedStack]
    clock: Clock
    pause: Callable[[float], None]

    def offline(self) -> PlanDocument:
        """Return what the assembly alone tells: which jobs it declares. Raises AssemblyError."""
        place = self._place("", "")
        actions = [
            replace(action, kind=ActionKind.UNKNOWN, reason=_NOT_READ)
            for stack in self.stacks
            for action in _of_new_stack(stack, place, dict)
        ]
        return self._document("", place.region, Basis.OFFLINE, actions)

    def against(self, account: ConnectedAccount) -> PlanDocument:
        """Return the plan. Raises PortError, PlanError, StateError, AssemblyError."""
        place = self._place(account.id, account.region)
        engine = EnginePlanning(account, self.clock, self.pause)
        actions = [
            action
            for stack in self.stacks
            if stack.has_jobs or self._is_elsewhere(stack, account.id, account.region) is None
            for action in _of_stack(stack, account.stacks.deployed(stack.name), place, engine)
        ]
        return self._document(account.id, account.region, Basis.APP, actions)

    def _place(self, account: str, region: str) -> StackPlace:
        """Return where the stacks are deployed. Raises AssemblyError if that is elsewhere."""
        for stack in self.stacks:
            wrong = self._is_elsewhere(stack, account, region)
            if stack.has_jobs and wrong is not None:
                raise AssemblyError(
                    f"{stack.id} is for {wrong}; choose stacks with --stack, and the place with "
                    "--profile and --region"
                )
        return StackPlace(account, region)

    @staticmethod
    def _is_elsewhere(stack: SynthesizedStack, account: str, region: str) -> str | None:
        """Return why a stack is not deployed to a place, or None if it is."""
        for what, wanted, given in (
            ("account", stack.account, account), ("region", stack.region, region),
        ):  # fmt: skip
            if wanted and given and wanted != given:
                return f"{what} {wanted}, this is {what} {given}"
        return None

    def _document(
        self, account: str, region: str, source: Basis, actions: Iterable[PlannedAction]
    ) -> PlanDocument:
        return PlanDocument(
            account=account, region=region, source=source,
            made=self.clock.now().replace(microsecond=0).isoformat(), choices=PlanChoices(),
            actions=in_order(actions),
        )  # fmt: skip


def _of_new_stack(
    stack: SynthesizedStack,
    place: StackPlace,
    exports: Callable[[], Mapping[str, str]],
    parameters: Mapping[str, Any] | None = None,
) -> Iterator[PlannedAction]:
    for change in resource_changes(stack, None, place, exports, parameters):
        try:
            if change.type == JOB_RESOURCE:
                yield job_of_new_stack(stack.id, change)
            elif change.type == FLEET_RESOURCE:
                yield from fleet_of_new_stack(stack, change)
            else:
                nested, given = _nested(stack, change)
                yield from _of_new_stack(nested, place, exports, given)
        except (PropertiesError, RequestError, DocumentError, KeyError, TypeError) as error:
            raise _unreadable(stack, change.logical_id, error) from error


def _of_stack(
    stack: SynthesizedStack,
    deployed: DeployedStack | None,
    place: StackPlace,
    engine: EnginePlanning,
    parameters: Mapping[str, Any] | None = None,
) -> Iterator[PlannedAction]:
    """Yield what a deployment does to a stack's jobs, those of its nested stacks included."""
    stacks = engine.account.stacks
    if deployed is None:
        yield from _of_new_stack(stack, place, stacks.exports, parameters)
        return
    if phase_of(deployed.status) is not StackPhase.SETTLED:
        raise AssemblyError(f"{stack.id} is {deployed.status}; plan again when it is at rest")
    changes = list(resource_changes(stack, deployed, place, stacks.exports, parameters))
    fleets = FleetPlanning(stack, deployed.id, engine)
    try:
        jobs = [change for change in changes if change.type == JOB_RESOURCE]
        yield from plan_of_jobs(Owner.of_stack(deployed.id), jobs, engine)
        for change in changes:
            if change.type == FLEET_RESOURCE:
                yield from fleets.actions(change)
            elif change.type == NESTED_STACK:
                nested, given = _nested(stack, change)
                before = stacks.deployed(change.physical_id) if change.physical_id else None
                yield from _of_stack(nested, before, place, engine, given)
    except (PropertiesError, RequestError, DocumentError) as error:
        raise _unreadable(stack, "a compilation job", error) from error


def _nested(
    stack: SynthesizedStack, change: ResourceChange
) -> tuple[SynthesizedStack, Mapping[str, Any]]:
    """Return a nested stack as it will be, and the values of its parameters."""
    after = change.after or {}
    url = None if change.after is None else str(after.get("TemplateURL", ""))
    return stack.nested(change.logical_id, url), after.get("Parameters", {})


def _unreadable(stack: SynthesizedStack, what: str, error: Exception) -> AssemblyError:
    return AssemblyError(
        f"{stack.id}: {what} cannot be read ({error}); was it made by this version of "
        "neo_constructs?"
    )
