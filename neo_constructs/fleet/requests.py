"""The CreateCompilationJob requests of a fleet, from its arguments and those of its jobs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from neo_constructs.cross_account.checks import check_owners
from neo_constructs.fleet.jobs import FleetJobs
from neo_constructs.iam.keys import key_use
from neo_constructs.iam.role_grants import RoleGrants
from neo_constructs.network.job_network import job_network
from neo_constructs.request.argument_types import check_arguments
from neo_constructs.request.fleet_arguments import FleetArguments, FleetJobArguments
from neo_constructs.request.job_request import argument_fields, source_fields
from neo_constructs.request.output import job_output
from neo_constructs.synth import jsii_cache
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.late_check import check_late
from neo_constructs.synth.tokens import is_token
from neo_constructs.vocabulary.model_artifact import BoundModel, ModelArtifact
from neo_constructs.vocabulary.target import Target
from reconciler.core.contract import Verify
from reconciler.core.fields import (
    DEFAULT_MAX_RUNTIME,
    FIELDS,
    MAX_RUNTIME,
    OUTPUT_LOCATION,
    ROLE_ARN,
    TAGS,
    nested,
)
from reconciler.core.fleet.document import JobText


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
        self.output = job_output(stack, path, owner, arguments)
        network = job_network(fleet, arguments)
        self._network = network
        self.needed: Sequence[IConstruct] = () if network is None else network.needed
        role_arn = jsii_cache.role_arn(role)
        self._defaults: Mapping[str, object] = {
            ROLE_ARN: role_arn, **self.output.fields(),
            **({} if network is None else network.fields()),
        }  # fmt: skip
        self._limits = {MAX_RUNTIME: DEFAULT_MAX_RUNTIME, **argument_fields(arguments)}
        self._owners_asked: set[str] = set()
        check_owners(fleet, path, self._home, output=self.output, role=arguments.get("role"))
        region = self._home.region
        self.jobs = FleetJobs(
            path=path, owner=owner, role_arn=role_arn,
            output=_request(self._defaults)["OutputConfig"],
            grants=RoleGrants(), looked_for=RoleGrants(),
            region=None if is_token(region) else region,
            validate=arguments.get("validate", True),
            verifies=arguments.get("verify", Verify.OFF) != Verify.OFF,
        )  # fmt: skip
        self.jobs.pass_role(role_arn)
        check_late(fleet, self._warn)
        self.variables: dict[str, object] = {
            "role": role_arn, "output": self._defaults[OUTPUT_LOCATION]
        }  # fmt: skip
        self._alike: dict[tuple[object, ...], tuple[JobText, object]] = {}
        # By ids and contents, with what has an id, so that nothing else ever gets that id.
        self._models: dict[tuple[int, int], tuple[BoundModel, object]] = {}

    @property
    def connections(self) -> ec2.Connections:
        """The jobs' security groups; raises ConstructError for a fleet without a VPC."""
        if self._network is None:
            message = "these jobs have no connections without a VPC; give vpc=..."
            raise ConstructError(self._path, message)
        return self._network.connections

    def _warn(self) -> list[str]:
        """Annotate the fleet with what rules warn of, once a rule, with the first job's finding."""
        for name, finding in self.jobs.warnings.values():
            text = f"for example job {name!r}: {finding}"
            cdk.Annotations.of(self._fleet).add_warning_v2(finding.code, text)
        return []

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
            self._path,
            path,
            self.variables,
            _request(self._defaults),
            frozenset(variables),
            allowed,
        ):
            prepared = self.jobs.prepare(
                job.name, job.wire, revision=job.revision, exact_output=job.exact_output
            )
            self.jobs.add(job.name, prepared)

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
        fields = {
            **self._defaults, **self._limits, **target.fields(),
            **source_fields(where, bound, arguments), **argument_fields(arguments),
        }  # fmt: skip
        if role is not None:
            fields[ROLE_ARN] = jsii_cache.role_arn(role)
        if tags := arguments.get("tags"):
            fields[TAGS] = [{"Key": key, "Value": value} for key, value in tags.items()]
        job = self.jobs.prepare(name, _request(fields), revision=bound.revision)
        if bound.checked is not None:
            self.jobs.look_for(bound.checked)
        if role is None and bound.key is not None:
            self.jobs.grants.decrypted.add(key_use(bound.key))
        if self.jobs.verifies and bound.key is not None:
            self.jobs.looked_for.decrypted.add(key_use(bound.key))
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


def _request(fields: Mapping[str, object]) -> dict[str, Any]:
    """Return a request in the order of the table, in which its tokens become variables."""
    return nested(
        (each.path, fields[each.path]) for each in FIELDS if fields.get(each.path) is not None
    )
