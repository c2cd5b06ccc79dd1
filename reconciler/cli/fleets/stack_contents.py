"""What a deployed stack has of compilation jobs: each CompilationJob and CompilationFleet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.cli.app.changes import StackPlace
from reconciler.cli.app.intrinsics import TemplateEvaluator, is_unknown
from reconciler.cli.app.references import TemplateReferences
from reconciler.cli.app.template_jobs import TemplateJob, template_job
from reconciler.cli.options.outside import ConnectedAccount
from reconciler.core import contract
from reconciler.core.deployed_stack import DeployedStack, DeployedStacks
from reconciler.core.identity import Identity, JobName, Owner
from reconciler.core.ports import Invalid
from reconciler.core.request import RequestError
from reconciler.handler.cfn.properties import PropertiesError
from reconciler.handler.fleet.properties import fleet_owner

_STACK: Final = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True)
class StackFleet:
    """A fleet's owner, where its manifest is, and the account of the bucket."""

    owner: Owner
    bucket: str
    folder: str
    bucket_owner: str


@dataclass(frozen=True, slots=True)
class StackContents:
    """What a stack and its nested stacks have of compilation jobs.

    Attributes:
        jobs: The identity of each single job, and its logical name.
    """

    jobs: tuple[tuple[Identity, str], ...] = ()
    fleets: tuple[StackFleet, ...] = ()


def read_stack(account: ConnectedAccount, name: str) -> StackContents:
    """Return what a stack has of compilation jobs, created or not. Raises PortError.

    Invalid is raised for a stack that does not exist, or that has none, and for what cannot be
    read off its template.
    """
    reader = _StackReader(account.stacks, StackPlace(account.id, account.region))
    reader.read(name)
    if not reader.jobs and not reader.fleets:
        raise Invalid("NoJobs", f"stack {name} has no compilation job and no fleet")
    return StackContents(tuple(reader.jobs), tuple(reader.fleets))


@dataclass(slots=True)
class _StackReader:
    """Reads stacks; identities and owners are made of the template, as the Lambdas make them.

    A resource whose creation failed may have jobs, and its physical id does not name them.
    """

    stacks: DeployedStacks
    place: StackPlace
    jobs: list[tuple[Identity, str]] = field(default_factory=list)
    fleets: list[StackFleet] = field(default_factory=list)

    def read(self, name: str) -> None:
        """Read a stack, and those that are nested in it."""
        stack = self.stacks.deployed(name)
        if stack is None:
            raise Invalid("NoStack", f"stack {name} is not deployed in this account and region")
        evaluator = self._evaluator(stack)
        for logical_id, resource in stack.template.get("Resources", {}).items():
            if evaluator.holds(resource.get("Condition")) is False:
                continue
            try:
                self._add(stack, evaluator, logical_id, resource)
            except (PropertiesError, RequestError) as error:
                raise Invalid("NotReadable", f"{logical_id} cannot be read: {error}") from error

    def _evaluator(self, stack: DeployedStack) -> TemplateEvaluator:
        name = stack.id.split("/")[1]
        references = TemplateReferences(
            stack.template, self.place.pseudo(name, stack.id), stack.parameters,
            stack.resources.get, self.stacks.exports,
        )  # fmt: skip
        return TemplateEvaluator(stack.template, references)

    def _add(
        self,
        stack: DeployedStack,
        evaluator: TemplateEvaluator,
        logical_id: str,
        resource: Mapping[str, Any],
    ) -> None:
        kind, physical_id = resource.get("Type"), stack.resources.get(logical_id, "")
        if kind == contract.JOB_RESOURCE:
            job = template_job(evaluator.value(resource["Properties"]), Owner.of_stack(stack.id))
            self._add_job(job, logical_id, physical_id)
        elif kind == contract.FLEET_RESOURCE:
            self._add_fleet(evaluator.value(resource["Properties"]), logical_id, stack.id)
        elif kind == _STACK and physical_id:
            self.read(physical_id)

    def _add_job(self, job: TemplateJob, logical_id: str, physical_id: str) -> None:
        """Add a job by its physical id, or by its declaration while it has none of our form."""
        name = JobName.parse(physical_id)
        if name is None and job.unknown:
            raise Invalid("NoName", f"{logical_id}: its job's name cannot be found")
        declared = job.declaration
        identity = declared.identity if name is None else name.identity
        self.jobs.append((identity, declared.logical_name))

    def _add_fleet(self, properties: Mapping[str, Any], logical_id: str, stack_id: str) -> None:
        owner, state = fleet_owner(properties, stack_id), properties.get(contract.STATE) or {}
        bucket, prefix = state.get(contract.BUCKET), state.get(contract.PREFIX) or ""
        if not bucket or is_unknown(state):
            raise Invalid("NoState", f"{logical_id}: the bucket of its state cannot be found")
        folder = contract.state_folder(prefix, owner.name)
        account = state.get(contract.BUCKET_OWNER) or contract.stack_account(stack_id)
        self.fleets.append(StackFleet(owner, bucket, folder, account))
