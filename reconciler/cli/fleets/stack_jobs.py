"""The jobs of a deployed stack: those of each CompilationJob, and of each CompilationFleet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from reconciler.cli.app.intrinsics import TemplateEvaluator, is_unknown
from reconciler.cli.app.references import TemplateReferences
from reconciler.cli.fleets.rows import (
    JobLabel,
    failed_row,
    label,
    missing_row,
    row_of_job,
)
from reconciler.cli.fleets.status import JobRow, JobState
from reconciler.core import contract
from reconciler.core.attempts import attempt_number
from reconciler.core.deployed_stack import DeployedStack, DeployedStacks
from reconciler.core.fleet.job_record import JobRecord
from reconciler.core.fleet.manifest import CONFLICT, REFUSED, Manifest, ManifestEntry
from reconciler.core.identity import Identity, JobName, Owner, OwnerError
from reconciler.core.objects import Buckets
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ports import Artifacts, Gateway, Invalid
from reconciler.engine.state import FleetState

_STACK: Final = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True)
class StackFleet:
    """A fleet's owner, and where its manifest is."""

    owner: Owner
    bucket: str
    folder: str


@dataclass(frozen=True, slots=True)
class StackContents:
    """What a stack and its nested stacks have of compilation jobs.

    Attributes:
        jobs: The identity of each single job, and its logical name.
    """

    jobs: tuple[tuple[Identity, str], ...] = ()
    fleets: tuple[StackFleet, ...] = ()


def read_stack(stacks: DeployedStacks, name: str) -> StackContents:
    """Return what a stack has of compilation jobs. Raises PortError.

    Invalid is raised for a stack that does not exist, or that has none, and for a fleet whose
    state cannot be found from the template.
    """
    reader = _StackReader(stacks)
    reader.read(name)
    if not reader.jobs and not reader.fleets:
        raise Invalid("NoJobs", f"stack {name} has no compilation job and no fleet")
    return StackContents(tuple(reader.jobs), tuple(reader.fleets))


@dataclass(slots=True)
class _StackReader:
    stacks: DeployedStacks
    jobs: list[tuple[Identity, str]] = field(default_factory=list)
    fleets: list[StackFleet] = field(default_factory=list)

    def read(self, name: str) -> None:
        """Read a stack, and those that are nested in it."""
        stack = self.stacks.deployed(name)
        if stack is None:
            raise Invalid("NoStack", f"stack {name} is not deployed in this account and region")
        for logical_id, resource in stack.template.get("Resources", {}).items():
            physical_id = stack.resources.get(logical_id)
            if physical_id is None:
                continue
            match resource.get("Type"):
                case contract.JOB_RESOURCE:
                    self._add_job(logical_id, physical_id, resource)
                case contract.FLEET_RESOURCE:
                    self._add_fleet(stack, logical_id, physical_id)
                case str(kind) if kind == _STACK:
                    self.read(physical_id)
                case _:
                    pass

    def _add_job(self, logical_id: str, physical_id: str, resource: Mapping[str, Any]) -> None:
        """Add a job; a resource whose creation failed has an id that is no job's name."""
        name = JobName.parse(physical_id)
        if name is not None:
            self.jobs.append((name.identity, _logical_name(resource) or logical_id))

    def _add_fleet(self, stack: DeployedStack, logical_id: str, physical_id: str) -> None:
        """Add a fleet, unless its creation failed: then its id is no owner's."""
        try:
            owner = Owner(physical_id)
        except OwnerError:
            return
        references = TemplateReferences(
            stack.template, {}, stack.parameters, stack.resources.get, self.stacks.exports
        )
        properties = stack.template["Resources"][logical_id]["Properties"]
        state = TemplateEvaluator(stack.template, references).value(properties[contract.STATE])
        if is_unknown(state):
            raise Invalid("NoState", f"{logical_id}: the bucket of its state cannot be found")
        folder = contract.state_folder(state.get(contract.PREFIX, ""), owner.name)
        self.fleets.append(StackFleet(owner, state[contract.BUCKET], folder))


def _logical_name(resource: Mapping[str, Any]) -> str:
    """Return a job's logical name from its declaration; empty if it is not literal text."""
    declaration = resource.get("Properties", {}).get(contract.DECLARATION)
    try:
        value = json.loads(declaration) if isinstance(declaration, str) else {}
    except ValueError:
        return ""
    name = value.get(contract.LOGICAL_NAME) if isinstance(value, dict) else None
    return name if isinstance(name, str) else ""


@dataclass(frozen=True, slots=True)
class StackSubject:
    """The jobs of a stack, read once, and of its fleets, whose manifests are read each time."""

    contents: StackContents
    buckets: Buckets

    def rows(self, gateway: Gateway, artifacts: Artifacts) -> Iterator[JobRow]:  # noqa: ARG002
        """Yield a row a job."""
        owners = sorted({identity.owner for identity, _ in self.contents.jobs})
        for owner in owners:
            attempts = _attempts(gateway, owner)
            for identity, logical_name in self.contents.jobs:
                if identity.owner == owner:
                    jobs = attempts.get(identity, [])
                    yield _row(_label(owner, logical_name, jobs), str(identity), jobs)
        for fleet in self.contents.fleets:
            yield from self._of_fleet(fleet, gateway)

    def _of_fleet(self, fleet: StackFleet, gateway: Gateway) -> Iterator[JobRow]:
        objects = self.buckets.bucket(fleet.bucket)
        manifest = FleetState(objects, fleet.folder, fleet.owner).manifest()
        attempts = _attempts(gateway, fleet.owner)
        for logical_name, entry in manifest.jobs.items():
            name = JobName.parse(entry.name)
            jobs = attempts.get(name.identity, []) if name else []
            named = _label(fleet.owner, logical_name, jobs)
            yield _row_of_entry(named, entry, _remembered(jobs, manifest))


def _label(owner: Owner, logical_name: str, jobs: Sequence[ObservedJob]) -> JobLabel:
    return label(owner.name, logical_name, jobs[-1].target if jobs else "")


def _attempts(gateway: Gateway, owner: Owner) -> dict[Identity, list[ObservedJob]]:
    """Return an owner's jobs by identity, oldest attempt first."""
    found: dict[Identity, list[ObservedJob]] = {}
    for job in sorted(gateway.list(owner.prefix), key=attempt_number):
        name = job.job_name
        if name is not None and name.identity.owner == owner:
            found.setdefault(name.identity, []).append(job)
    return found


def _remembered(jobs: Iterable[ObservedJob], manifest: Manifest) -> list[ObservedJob]:
    """Return jobs with what the manifest remembers of those that have ended."""
    return [_with_record(job, manifest.records.get(job.name)) for job in jobs]


def _with_record(job: ObservedJob, record: JobRecord | None) -> ObservedJob:
    if record is None or not record.holds_for(job):
        return job
    return replace(
        job,
        failure_reason=record.reason,
        s3_model_artifacts=record.artifact,
        artifact_digest=record.digest,
        inference_image=record.image,
        artifact_present=record.present,
    )


def _row_of_entry(named: JobLabel, entry: ManifestEntry, jobs: list[ObservedJob]) -> JobRow:
    if entry.status == CONFLICT:
        return failed_row(named, entry.name, JobState.CONFLICT, entry.reason)
    if entry.status == REFUSED and not any(job.phase is Phase.COMPLETED for job in jobs):
        return failed_row(named, entry.name, JobState.REFUSED, entry.reason)
    return _row(named, entry.name, jobs, entry.reason)


def _row(named: JobLabel, name: str, jobs: list[ObservedJob], note: str = "") -> JobRow:
    """Return the row of the attempt that counts: a compiled one, or else the last."""
    if not jobs:
        return missing_row(named, name, note)
    done = [job for job in jobs if job.phase is Phase.COMPLETED]
    there = [job for job in done if job.artifact_present is not False]
    return row_of_job((there or jobs)[-1], named)
