"""CompilationFleet: any number of SageMaker Neo compilation jobs as one CloudFormation resource."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self, Unpack

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from neo_constructs.cross_account.checks import check_state
from neo_constructs.fleet.attributes import FleetAttributes
from neo_constructs.fleet.permissions import (
    deploy_rights,
    fleet_owner,
    objects_document,
)
from neo_constructs.fleet.provider import FleetProvider
from neo_constructs.fleet.requests import FleetRequests
from neo_constructs.fleet.state import DEFAULT_PREFIX as STATE_PREFIX
from neo_constructs.fleet.state import FleetStatePlace, state_bucket
from neo_constructs.governance.finding_reasons import Part, mark
from neo_constructs.iam.job_role import job_arn_pattern, job_role, takes_policies
from neo_constructs.iam.role_grants import attach
from neo_constructs.metrics.fleet import FleetMetrics
from neo_constructs.request.argument_types import check_arguments
from neo_constructs.request.fleet_arguments import FleetArguments, FleetJobArguments
from neo_constructs.request.fleet_properties import fleet_settings
from neo_constructs.request.job_arguments import ModelArguments, RunArguments, SourceArguments
from neo_constructs.synth import jsii_cache
from neo_constructs.synth.asset_synthesizer import asset_synthesizer
from neo_constructs.synth.lazy_value import LazyValue
from neo_constructs.synth.unpacked_signature import spelled_out
from neo_constructs.vocabulary.model_artifact import ModelArtifact
from neo_constructs.vocabulary.target import Target
from reconciler.core import contract

_PROVIDER_ID: Final = "Provider"
_PARTS: Final = {_PROVIDER_ID: Part.PROVIDER, "State": Part.STATE, "JobPermissions": Part.JOBS}


@jsii.implements(cdk.ITaggableV2, iam.IGrantable)
class CompilationFleet(FleetMetrics, FleetAttributes):
    """Any number of compilation jobs, 10,000 say, as one resource and one asset.

    CloudFormation sees one resource whose id never changes; the manifest, one object in S3, tells
    the state of each job. A deployment succeeds when all jobs are COMPLETED, or, at its deadline
    of 55 minutes, when all are accepted; a ContinuousReconciliation goes on from there. A rollback
    declares the generation before again and compiles nothing that is COMPLETED.

    Job names begin with the fleet's owner, `f` and 14 characters, so that policies can name them.
    """

    @spelled_out(RunArguments, FleetArguments)
    def __init__(self, scope: Construct, id: str, **arguments: Unpack[FleetArguments]) -> None:
        """Declare a fleet; its jobs follow by ``add_job``.

        Args:
            scope: The parent construct.
            id: The construct's id. Its path is part of the owner, and so of every job's name.
            **arguments: Each by its name.

        Raises:
            ConstructError: The arguments do not go together.
        """
        super().__init__(scope, id)
        self._path = self.node.path
        check_arguments(self._path, arguments)
        self.owner, self._suffix = fleet_owner(self._path)
        stack = cdk.Stack.of(self)
        self._synthesizer = asset_synthesizer(stack)
        self.state = _state(self, arguments)
        self.output_bucket_owner = arguments.get("output_bucket_owner")
        self.job_arn_pattern = job_arn_pattern(self.owner)
        given = arguments.get("role")
        self.role: iam.IRole = given or job_role(self, "Role", job_arn_pattern=self.job_arn_pattern)
        self._requests = FleetRequests(self, self._path, stack, self.owner, self.role, arguments)
        self._output, self._jobs = self._requests.output, self._requests.jobs
        self._document = LazyValue(self._compiled)
        self.provider = FleetProvider(
            self, _PROVIDER_ID, granted=deploy_rights(self.job_arn_pattern, self.state, self.role),
            log_retention=arguments.get("log_retention", logs.RetentionDays.THREE_MONTHS),
            log_key=arguments.get("log_encryption_key"),
        )  # fmt: skip
        self._jobs.tell_roles(self._pass_role)
        self._resource = self._custom_resource(fleet_settings(self._path, arguments))
        self._order(given)
        for child, part in _PARTS.items():
            mark(f"{self._path}/{child}", part)
        defaults = self._requests.defaults()
        self._named: dict[str, object] = {
            "role": defaults["RoleArn"], "output": defaults["S3OutputLocation"],
        }  # fmt: skip
        self._for_uploads: dict[str, object] = {}

    @classmethod
    @spelled_out(RunArguments, FleetArguments)
    def from_specs(
        cls,
        scope: Construct,
        id: str,
        *,
        path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        variables: Mapping[str, object] | None = None,
        roles: Sequence[iam.IRole] = (),
        **arguments: Unpack[FleetArguments],
    ) -> Self:
        """Declare a fleet of the jobs in spec files: YAML fleets, or AWS CLI request files.

        Args:
            scope: The parent construct.
            id: The construct's id.
            path: A file or folder, or several.
            variables: Values for the specs' variables; tokens are allowed. ``role`` and
                ``output`` are the fleet's role and output location, unless given.
            roles: Roles that specs may name by their ARNs, besides the fleet's own and those in
                ``variables``. Any other is refused, since jobs would run with its permissions.
            **arguments: Each by its name. Jobs without a role or an output location get those of
                the fleet.

        Raises ConstructError with everything that is wrong with the specs, each with its place.
        """
        from neo_constructs.request.spec_files import spec_jobs

        fleet = cls(scope, id, **arguments)
        fleet._named.update(variables or {})
        found = spec_jobs(
            fleet._path, path, fleet._named, fleet._requests.defaults(), frozenset(variables or ()),
            [jsii_cache.role_arn(role) for role in roles],
        )  # fmt: skip
        for each in found:
            job = fleet._jobs.prepare(
                each.name, each.wire, revision=each.revision, exact_output=each.exact_output
            )
            fleet._jobs.add(each.name, job)
        return fleet

    def _measured(self) -> dict[str, str]:
        return {"Fleet": self.owner}

    @spelled_out(ModelArguments, SourceArguments, FleetJobArguments)
    def add_job(
        self,
        name: str,
        *,
        model: ModelArtifact,
        target: Target,
        **arguments: Unpack[FleetJobArguments],
    ) -> None:
        """Declare one job of the fleet.

        Args:
            name: Its name in the fleet; part of the job's identity.
            model: The trained model.
            target: The device or platform to compile for.
            **arguments: Each by its name.

        Raises:
            ConstructError: The name is taken, or the arguments do not go together.
            InvalidJobError: Rules refuse a value; lists every finding.
        """
        self._jobs.add(name, self._requests.prepared(name, model, target, arguments))

    @property
    def job_count(self) -> int:
        """How many jobs are declared by now."""
        return len(self._jobs.names)

    def _pass_role(self, arn: str) -> None:
        if arn != self._jobs.role_arn:  # that one is among the provider's rights
            self.provider.jobs.pass_role(arn)

    def _compiled(self) -> dict[str, object]:
        """Write the document as an asset, when the template is rendered; return its properties."""
        stage = cdk.Stage.of(self)
        assert stage is not None
        path, digest = self._jobs.write(Path(stage.asset_outdir))
        location = self._synthesizer.add_file_asset(
            source_hash=digest, packaging=cdk.FileAssetPackaging.FILE,
            file_name=os.path.relpath(path, stage.outdir),
            display_name=f"Fleet {self._path}",
        )  # fmt: skip
        return {
            contract.DOCUMENT: {
                contract.BUCKET: location.bucket_name,
                contract.KEY: location.object_key,
                contract.DIGEST: digest,
            },
            contract.VARIABLES: {**self._for_uploads, **self._jobs.values.values},
        }  # fmt: skip

    def _custom_resource(self, settings: Mapping[str, str]) -> cdk.CfnResource:
        resource = cdk.CfnResource(self, "Resource", type=contract.FLEET_RESOURCE, properties={
            "ServiceToken": self.provider.service_token,
            "ServiceTimeout": int(contract.SERVICE_TIMEOUT.total_seconds()),
            contract.OWNER_SUFFIX: self._suffix,
            contract.DOCUMENT: self._document.part(contract.DOCUMENT),
            contract.VARIABLES: self._document.part(contract.VARIABLES),
            contract.STATE: self.state.to_property(None),
            contract.OUTPUT_BUCKET_OWNER: self.output_bucket_owner,
            contract.CONTINUES: contract.flag(False),
            **settings,
        })  # fmt: skip
        # Whatever is said of all resources of an app: live jobs are stopped when the fleet goes.
        resource.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        return resource

    def _order(self, given: iam.IRole | None) -> None:
        """Create what jobs need to run or to be stopped before the fleet, delete it after."""
        needed: list[Any] = [self.role, *self._output.needed(), *self._requests.needed]
        if given is None or takes_policies(given):
            document = self._jobs.role_document
            needed.append(attach(self, "JobPermissions", self.role, document, path=self._path))
        objects = attach(
            self.provider, "Objects", self.provider.is_complete_role,
            lambda: objects_document(self._jobs.objects(), self._document),
            path=f"{self._path}/{_PROVIDER_ID}",
        )  # fmt: skip
        self._resource.node.add_dependency(*needed, objects, self.provider, self.state.bucket)


def _state(fleet: CompilationFleet, arguments: FleetArguments) -> FleetStatePlace:
    key = arguments.get("state_encryption_key")
    given = arguments.get("state_bucket")
    bucket = given or state_bucket(fleet, key)
    bare = arguments.get("state_prefix", STATE_PREFIX).strip("/")
    prefix = f"{bare}/" if bare else ""
    if given is not None:
        home = jsii_cache.home_of(cdk.Stack.of(fleet))
        check_state(fleet, fleet.node.path, home, jsii_cache.bucket_facts(given), prefix)
    return FleetStatePlace(bucket, prefix, fleet.owner)
