"""PipelineRoles: two roles for a pipeline, one that plans and one that applies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from neo_constructs.iam.job_role import job_arn_pattern
from neo_constructs.iam.keys import key_use
from neo_constructs.iam.state_access import (
    DEFAULT_STATE_PREFIX,
    key_prefix,
    read_state,
    write_state,
)
from neo_constructs.iam.statements import (
    Allow,
    allow,
    apply_jobs,
    pass_to_sagemaker,
    read_jobs,
)
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import (
    bucket_arn,
    bucket_facts,
    own_account,
    own_arn,
    partition,
    role_arn,
)
from neo_constructs.synth.typed import check_fields, typed
from neo_constructs.synth.unpacked_signature import signed
from reconciler.core.contract import state_folder
from reconciler.core.identity import Owner, OwnerError

_GITHUB: Final = "token.actions.githubusercontent.com"
_GITHUB_AUDIENCE: Final = "sts.amazonaws.com"
_GITLAB: Final = "gitlab.com"
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")
_LOCATION: Final = re.compile(r"s3://([a-z0-9.-]{3,63})(?:/(.*))?")


@dataclass(frozen=True, slots=True)
class PipelineIdentity:
    """What a pipeline's tokens say, and so who may assume the roles.

    Attributes:
        issuer: Who issues the tokens, without https://.
        audience: Whom they are for: the claim aud.
        plans: Values of the claim sub that may plan; ``*`` stands for anything.
        applies: Values of the claim sub that may apply.
    """

    issuer: str
    audience: str
    plans: tuple[str, ...]
    applies: tuple[str, ...]

    def __post_init__(self) -> None:
        check_fields(self)

    @staticmethod
    @typed
    def github(
        repository: str, *, branch: str = "main", environment: str = "neo"
    ) -> PipelineIdentity:
        """Return the identity of a repository's workflows.

        Args:
            repository: Its full name, owner/name.
            branch: Plans are made for pull requests, and for this branch.
            environment: Only jobs of this environment apply; require reviewers for it.

        Raises ValueError for what is not the name of a repository.
        """
        where = f"repo:{_named(repository)}"
        return PipelineIdentity(
            _GITHUB, _GITHUB_AUDIENCE,
            (f"{where}:pull_request", f"{where}:ref:refs/heads/{branch}"),
            (f"{where}:environment:{environment}",),
        )  # fmt: skip

    @staticmethod
    @typed
    def gitlab(project: str, *, branch: str = "main", host: str = _GITLAB) -> PipelineIdentity:
        """Return the identity of a project's pipelines.

        Args:
            project: Its path, group/name.
            branch: Only pipelines of this branch apply; protect it.
            host: The host of GitLab.

        Raises ValueError for what is not the path of a project.
        """
        where = f"project_path:{_named(project)}:ref_type:branch:ref"
        return PipelineIdentity(host, f"https://{host}", (f"{where}:*",), (f"{where}:{branch}",))


@signed
class PipelineRoles(Construct):
    """Two roles that a pipeline assumes with its own tokens (OIDC): no stored credentials.

    ``plan_role`` reads: it may run ``neoctl plan`` and ``neoctl drift``. ``apply_role`` may do what
    ``neoctl apply`` does with the jobs of the named owners, and pass the named roles to SageMaker.
    """

    @typed
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        identity: PipelineIdentity,
        owners: Sequence[str],
        job_roles: Sequence[iam.IRole],
        output_locations: Sequence[str],
        model_locations: Sequence[str] = (),
        model_keys: Sequence[kms.IKey] = (),
        stacks: Sequence[str] = (),
        provider: iam.IOpenIdConnectProvider | None = None,
        state_bucket: s3.IBucket | None = None,
        state_prefix: str = DEFAULT_STATE_PREFIX,
    ) -> None:
        """Make the roles.

        Args:
            scope: The parent construct.
            id: The construct's id.
            identity: Who may assume them: ``PipelineIdentity.github(…)`` or ``gitlab(…)``.
            owners: The owners of the specs' jobs.
            job_roles: The roles that the specs name as RoleArn.
            output_locations: The specs' S3OutputLocations, s3://bucket/prefix; artifacts are
                looked for there.
            model_locations: Where models are whose content the specs declare by a digest or
                version, s3://bucket/prefix.
            model_keys: The KMS keys of models that the specs declare by a sha256 digest.
            stacks: Names of stacks that ``neoctl plan --app`` reads.
            provider: The account's OIDC provider for the issuer. Default: the one of this issuer,
                which must exist in the account.
            state_bucket: Where the owners' fleets keep their state, for ``--state``. Default: no
                fleet is shared.
            state_prefix: Folder in the state bucket, ``neo-fleets`` by default.

        Raises:
            ConstructError: An owner or a location is not valid.
        """
        super().__init__(scope, id)
        self._provider = provider
        patterns = [job_arn_pattern(self._owner(each)) for each in owners]
        objects = [
            *self._objects("artifacts", output_locations, [f"{each}-" for each in owners]),
            *self._objects("models", model_locations, [""]),
            *(key_use(each).decrypt() for each in model_keys),
        ]
        reads = [
            *read_jobs(*patterns), *objects, *_read_stacks(stacks),
            allow(["cloudtrail:LookupEvents"], ["*"], sid="WhoDidIt"),
        ]  # fmt: skip
        state: list[Allow] = []
        if state_bucket is not None:
            bucket = bucket_facts(state_bucket)
            prefix = key_prefix(state_prefix)
            folders = [state_folder(prefix, each) for each in owners]
            reads += read_state(bucket, folders)
            state = write_state(bucket, folders)
        writes = [
            *apply_jobs(*patterns), *objects, *state,
            pass_to_sagemaker([role_arn(each) for each in job_roles], sid="PassJobRoles"),
        ]  # fmt: skip
        self.plan_role = self._role("Plan", identity, identity.plans, reads)
        self.apply_role = self._role("Apply", identity, identity.applies, writes)

    def _role(
        self, id: str, identity: PipelineIdentity, subjects: Sequence[str], rights: Sequence[Allow]
    ) -> iam.Role:
        provider = (
            f"arn:{partition()}:iam::{own_account()}:oidc-provider/{identity.issuer}"
            if self._provider is None
            else self._provider.open_id_connect_provider_arn
        )
        principal = iam.FederatedPrincipal(
            provider,
            {
                "StringEquals": {f"{identity.issuer}:aud": identity.audience},
                "StringLike": {f"{identity.issuer}:sub": list(subjects)},
            },
            "sts:AssumeRoleWithWebIdentity",
        )
        role = iam.Role(self, id, assumed_by=principal)
        for right in rights:
            role.add_to_policy(right.statement())
        return role

    def _owner(self, name: str) -> str:
        try:
            return Owner(name).name
        except OwnerError as error:
            raise ConstructError(self.node.path, str(error)) from error

    def _objects(
        self, what: str, locations: Sequence[str], beginnings: Sequence[str]
    ) -> list[Allow]:
        """Allow looking for objects; who may list is told of a missing one."""
        keys: list[str] = []
        buckets: dict[str, None] = {}
        for location in locations:
            found = _LOCATION.fullmatch(location)
            if found is None or "*" in location:
                raise ConstructError(
                    self.node.path, f"{location!r} is no location; write s3://bucket/prefix"
                )
            bucket, prefix = bucket_arn(found[1]), (found[2] or "").rstrip("/")
            folder = f"{prefix}/" if prefix else ""
            buckets[bucket] = None
            keys += [f"{bucket}/{folder}{beginning}*" for beginning in beginnings]
        if not keys:
            return []
        sid = what.capitalize()
        return [
            allow(["s3:GetObject"], keys, sid=f"Read{sid}"),
            allow(["s3:ListBucket"], list(buckets), sid=f"Find{sid}"),
        ]


def _read_stacks(names: Sequence[str]) -> list[Allow]:
    if not names:
        return []
    actions = [
        "cloudformation:DescribeStacks",
        "cloudformation:GetTemplate",
        "cloudformation:ListStackResources",
    ]
    stacks = [own_arn("cloudformation", f"stack/{name}/*") for name in names]
    return [
        allow(actions, stacks, sid="ReadStacks"),
        allow(["cloudformation:ListExports"], ["*"], sid="ReadExports"),
    ]


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r}: write owner/name")
    return name
