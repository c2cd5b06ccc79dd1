"""The CreateCompilationJob requests of a fleet, from its arguments and those of its jobs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from neo_constructs.cross_account.checks import check_owners
from neo_constructs.fleet.jobs import FleetJobs
from neo_constructs.iam.keys import key_use
from neo_constructs.iam.role_grants import RoleGrants
from neo_constructs.network.job_network import job_network
from neo_constructs.request.argument_types import check_arguments
from neo_constructs.request.fleet_arguments import FleetArguments, FleetJobArguments
from neo_constructs.request.job_arguments import ModelArguments
from neo_constructs.request.job_request import OF_ARCHIVES, source_members, stopping_condition
from neo_constructs.request.output import job_output
from neo_constructs.request.plain_fields import plain_arguments, plain_members
from neo_constructs.synth import jsii_cache
from neo_constructs.synth.tokens import is_token
from neo_constructs.vocabulary.model_artifact import BoundModel, ModelArtifact
from neo_constructs.vocabulary.target import Target
from reconciler.core.fleet.document import JobText

_OF_OUTPUT: Final = plain_arguments("OutputConfig")
_OF_STOPPING: Final = plain_arguments("StoppingCondition")


class FleetRequests:
    """The requests of one fleet.

    Attributes:
        output: Where artifacts go, unless a spec says otherwise.
        jobs: What is declared.
        variables: Values for the variables of specs.
        needed: What must exist before the jobs and as long as them.
    """

    def __init__(
        self,
        fleet: Construct,
        path: str,
        owner: str,
        role: iam.IRole,
        arguments: FleetArguments,
    ) -> None:
        stack = cdk.Stack.of(fleet)
        self._fleet, self._path, self._home = fleet, path, jsii_cache.home_of(stack)
        self.output = job_output(stack, owner, arguments)
        network = job_network(fleet, arguments)
        self.needed: Sequence[IConstruct] = () if network is None else network.needed
        self._vpc_config = None if network is None else network.to_wire()
        self._condition = stopping_condition(arguments)
        self._owners_asked: set[str] = set()
        check_owners(fleet, path, self._home, output=self.output, role=arguments.get("role"))
        region = self._home.region
        location = f"s3://{self.output.place.name}/{self.output.prefix}".rstrip("/")
        key = self.output.key
        self._output_defaults = {
            "S3OutputLocation": location,
            "KmsKeyId": None if key is None else jsii_cache.key_arn(key),
        }
        self.jobs = FleetJobs(
            path=path, owner=owner, role_arn=jsii_cache.role_arn(role),
            output=self._output_defaults, grants=RoleGrants(), looked_for=RoleGrants(),
            region=None if is_token(region) else region,
            validate=arguments.get("validate", True),
        )  # fmt: skip
        self.jobs.pass_role(self.jobs.role_arn)
        self.variables: dict[str, object] = {"role": self.jobs.role_arn, "output": location}
        self._alike: dict[tuple[object, ...], tuple[JobText, object]] = {}
        # By ids and contents, with what has an id, so that nothing else ever gets that id.
        self._models: dict[tuple[int, int], tuple[BoundModel, object]] = {}
        self._sources: dict[tuple[int, str], tuple[dict[str, object], object]] = {}
        self._outputs: dict[tuple[Target, str], tuple[dict[str, object], object]] = {}
        self._limits: dict[tuple[object, ...], tuple[dict[str, object], object]] = {}

    def add_specs(
        self,
        path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        variables: Mapping[str, object],
        roles: Sequence[iam.IRole],
    ) -> None:
        """Declare the jobs of spec files; raise ConstructError with all of their errors."""
        from neo_constructs.request.spec_files import spec_jobs  # most fleets have no specs

        self.variables.update(variables)
        allowed = [jsii_cache.role_arn(role) for role in roles]
        for job in spec_jobs(
            self._path, path, self.variables, self._defaults(), frozenset(variables), allowed
        ):
            prepared = self.jobs.prepare(
                job.name, job.wire, revision=job.revision, exact_output=job.exact_output
            )
            self.jobs.add(job.name, prepared)

    def _defaults(self) -> dict[str, Any]:
        """Return role, output, key and network for specs that do not give them."""
        return {
            "RoleArn": self.jobs.role_arn,
            "VpcConfig": self._vpc_config,
            **self._output_defaults,
        }

    def prepared(
        self, name: str, model: ModelArtifact, target: Target, arguments: FleetJobArguments
    ) -> JobText:
        """Return a prepared job, made once for jobs that differ only in their names.

        Raises ConstructError or InvalidJobError.
        """
        alike = (id(model), id(target), repr(arguments))
        known = self._alike.get(alike)
        if known is None:
            job = self._prepared(name, model, target, arguments)
            known = self._alike[alike] = (job, (model, target, arguments))
        return known[0]

    def _prepared(
        self, name: str, model: ModelArtifact, target: Target, arguments: FleetJobArguments
    ) -> JobText:
        where, role = f"{self._path}: job {name!r}", arguments.get("role")
        check_arguments(where, {"model": model, "target": target, **arguments})
        bound = self._bound(where, model, role)
        tags = arguments.get("tags") or {}
        request: dict[str, object] = {
            "RoleArn": self.jobs.role_arn if role is None else jsii_cache.role_arn(role),
            **plain_members("", arguments),
            **self._source(where, model, bound, arguments),
            "OutputConfig": self._output_config(target, arguments),
            "VpcConfig": self._vpc_config,
            "StoppingCondition": self._stopping(arguments),
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()] or None,
        }
        job = self.jobs.prepare(name, request, revision=bound.revision)
        if bound.checked is not None:
            self.jobs.look_for(bound.checked)
        if role is None and bound.key is not None:
            self.jobs.grants.decrypted.add(key_use(bound.key))
        return job

    def _bound(self, where: str, model: ModelArtifact, role: iam.IRole | None) -> BoundModel:
        alike = (id(model), id(role))
        if alike not in self._models:
            bound = model.bind(self._fleet, where)
            check_owners(
                self._fleet, where, self._home, model=bound, role=role,
                asked_before=self._owners_asked,
            )  # fmt: skip
            self._models[alike] = (bound, (model, role))
        return self._models[alike][0]

    def _source(
        self, where: str, model: ModelArtifact, bound: BoundModel, arguments: ModelArguments
    ) -> Mapping[str, object]:
        """Return the same object for the same model and inputs, so that it is rendered once."""
        alike = (id(model), repr([arguments.get(name) for name in OF_ARCHIVES]))
        if alike not in self._sources:
            members = source_members(where, bound, arguments)
            self._sources[alike] = (members, (model, arguments))
        return self._sources[alike][0]

    def _output_config(self, target: Target, arguments: FleetJobArguments) -> Mapping[str, object]:
        """Return the same object for the same target and options, which is made into text once."""
        given = [arguments.get(name) for name in _OF_OUTPUT]
        alike = (target, repr(given))
        if alike not in self._outputs:
            self._outputs[alike] = (self.output.to_wire(target, arguments), given)
        return self._outputs[alike][0]

    def _stopping(self, arguments: FleetJobArguments) -> Mapping[str, object]:
        """Return the same object for the same limits; the fleet's where the job has none."""
        given = [arguments.get(name) for name in _OF_STOPPING]
        alike = tuple(each and jsii_cache.reference(each) for each in given)
        if not any(alike):
            return self._condition
        if alike not in self._limits:
            limit = {**self._condition, **plain_members("StoppingCondition", arguments)}
            self._limits[alike] = (limit, given)
        return self._limits[alike][0]
