"""The plan of a fleet in a template."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.cli.app.assembly import SynthesizedStack
from reconciler.cli.app.changes import ResourceChange
from reconciler.cli.app.engine_plan import EnginePlanning, OwnerPass
from reconciler.cli.app.fleet_jobs import TemplateFleet, template_fleet
from reconciler.cli.app.intrinsics import is_unknown
from reconciler.cli.app.stack_jobs import UNCHANGED, created
from reconciler.cli.plans.document import ActionKind, PlannedAction
from reconciler.core import contract
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.generation import FleetGeneration
from reconciler.core.fleet.manifest import Manifest
from reconciler.core.identity import Identity, Owner
from reconciler.core.observed import ObservedJob
from reconciler.core.ownership import LOGICAL_NAME, logical_name_tag
from reconciler.core.ports import Denied
from reconciler.engine.state import FleetState
from reconciler.handler.cfn.properties import destroys_records
from reconciler.handler.fleet.generation import uploaded
from reconciler.handler.fleet.properties import FleetProperties, decode_fleet


def fleet_of_new_stack(stack: SynthesizedStack, change: ResourceChange) -> Iterator[PlannedAction]:
    """Yield the jobs of a fleet whose stack is not deployed; their owner is not known."""
    after = change.after or {}
    body = stack.asset(after[contract.DOCUMENT][contract.DIGEST])
    for each in template_fleet(body, after[contract.VARIABLES], Owner("unknown")).declarations:
        yield created(stack.id, each.logical_name)


@dataclass(frozen=True, slots=True)
class FleetPlanning:
    """Plans the fleets of one stack.

    Attributes:
        stack: As it will be.
        stack_id: Its ARN.
    """

    stack: SynthesizedStack
    stack_id: str
    engine: EnginePlanning

    def actions(self, change: ResourceChange) -> Iterator[PlannedAction]:
        """Yield what a deployment does to a fleet's jobs.

        Raises PortError, PlanError, AssemblyError, PropertiesError, StateError, DocumentError.
        """
        if change.after is None:
            yield from self._removed(change)
            return
        properties = decode_fleet(change.after, self.stack_id)
        fleet = template_fleet(
            self._document(properties), properties.variables, properties.owner,
            properties.settings.tags,
        )  # fmt: skip
        if not change.is_update:
            yield from (_kept(properties.owner, each) for each in fleet.declarations)
            return
        yield from self._updated(properties, fleet)

    def _removed(self, change: ResourceChange) -> Iterator[PlannedAction]:
        yield from self.engine.actions(
            OwnerPass(
                owner=Owner(change.physical_id), declarations=(), may_end=lambda _: True,
                prune=destroys_records(change.before or {}),
            )
        )  # fmt: skip

    def _updated(
        self, properties: FleetProperties, fleet: TemplateFleet
    ) -> Iterator[PlannedAction]:
        state = _StoredState.of(self.engine, properties)
        waiting = {logical_name_tag(each.logical_name) for each, _ in fleet.uncertain}

        def may_end(job: ObservedJob) -> bool:
            return (job.tags or {}).get(LOGICAL_NAME, "") not in waiting

        yield from self.engine.actions(
            OwnerPass(
                owner=properties.owner, declarations=fleet.known, may_end=may_end,
                prune=properties.settings.prune, protected=state.declared,
                dropped_tags=state.dropped_tags(fleet), bucket_owner=properties.output_owner,
                manifest=state.manifest, trust_completed=state.manifest is None,
            )
        )  # fmt: skip
        for declaration, names in fleet.uncertain:
            yield state.uncertain(declaration, names)

    def _document(self, properties: FleetProperties) -> bytes:
        """Return the bytes of the document that the deployment declares."""
        if properties.upload is not None and not is_unknown(list(properties.upload)):
            body = uploaded(self.engine.account.buckets, *properties.upload)
            if body:
                return body
        return self.stack.asset(properties.document[2])


@dataclass(frozen=True, slots=True)
class _StoredState:
    """A fleet's state, as far as it can be read.

    Attributes:
        manifest: None if it cannot be read.
        declared: What the present generation declares.
    """

    owner: Owner
    generation: FleetGeneration | None = None
    manifest: Manifest | None = None
    declared: frozenset[Identity] = frozenset()

    @staticmethod
    def of(engine: EnginePlanning, properties: FleetProperties) -> _StoredState:
        """Read it. Raises StateError, PortError other than Denied."""
        if is_unknown(properties.bucket):
            return _StoredState(properties.owner)
        objects = engine.account.buckets.bucket(properties.bucket, properties.state_owner)
        state = FleetState(objects, properties.folder, properties.owner)
        try:
            found = state.generation()
            if found is None:
                return _StoredState(properties.owner)
            document = state.document(found.generation.document)
            declared = frozenset(each.identity for each in document.declarations(properties.owner))
            return _StoredState(properties.owner, found.generation, state.manifest(), declared)
        except Denied:
            return _StoredState(properties.owner)

    def dropped_tags(self, fleet: TemplateFleet) -> frozenset[str]:
        """Return the keys of the tags that the fleet declared before and will no longer."""
        if self.generation is None:
            return frozenset()
        keys = {key for each in fleet.declarations for key, _ in each.request.tags}
        dropped = {*self.generation.tag_keys, *self.generation.dropped_tag_keys} - keys
        return frozenset(dropped)

    def uncertain(self, declaration: Declaration, names: tuple[str, ...]) -> PlannedAction:
        """Return the creation of a job whose name is not known yet."""
        before = self.manifest and self.manifest.jobs.get(declaration.logical_name)
        return PlannedAction(
            kind=ActionKind.REPLACE if before else ActionKind.CREATE, owner=self.owner.name,
            job="", logical_name=declaration.logical_name, previous=before.name if before else "",
            reason="its name depends on what is known after the deployment",
            notes=tuple(f"{name} is known after the deployment" for name in names),
        )  # fmt: skip


def _kept(owner: Owner, declaration: Declaration) -> PlannedAction:
    return PlannedAction(
        kind=ActionKind.KEEP, owner=owner.name, job=str(declaration.identity),
        logical_name=declaration.logical_name, reason=UNCHANGED,
    )  # fmt: skip
