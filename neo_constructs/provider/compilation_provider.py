"""NeoCompilationProvider: the custom resource provider of all compilation jobs of a stack.

Its id is a contract: CloudFormation refuses a changed ServiceToken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from neo_constructs.governance.organisation_policy import policy_text
from neo_constructs.iam.job_role import job_arn_pattern, job_role, job_role_name, takes_policies
from neo_constructs.iam.statements import Allow, allow, grant_all, reconcile_jobs
from neo_constructs.metrics.job import StackJobMetrics
from neo_constructs.provider.changing_exports import ChangingExports
from neo_constructs.provider.handler_asset import handler_asset
from neo_constructs.provider.hardened_provider import Handler, HardenedProvider
from neo_constructs.provider.template_checks import TemplateChecks
from neo_constructs.request.construct_ids import PROVIDER_ID
from neo_constructs.request.output import default_output_bucket
from neo_constructs.synth import jsii_cache
from neo_constructs.synth.errors import ConstructError
from neo_constructs.vocabulary.target import Target
from reconciler.core import metric_names
from reconciler.core.contract import (
    IS_COMPLETE,
    JOB_FUNCTION,
    ON_EVENT,
    STACK_OWNER_PREFIX,
    entry_point,
)
from reconciler.core.fields import MODEL_PACKAGE, OUTPUT_LOCATION, S3_URI

# By the reference of a stack or of a scope in it. jsii keeps no Python object alive, and these
# carry state.
_providers: dict[str, NeoCompilationProvider] = {}


class NeoCompilationProvider(StackJobMetrics, HardenedProvider):
    """Functions, roles and log group behind every `Custom::NeoCompilationJob` of a stack.

    The first job of a stack makes it. `NeoCompilationProvider.of(stack)` gives the settings of its
    functions and logs, and the metrics of all jobs of the stack.
    """

    def __init__(self, stack: cdk.Stack, id: str) -> None:
        self.owner = stack_owner()
        self.job_arn_pattern = job_arn_pattern(self.owner)
        super().__init__(
            stack, id,
            asset=handler_asset(policy_text(stack)),
            on_event=Handler(entry_point(JOB_FUNCTION, ON_EVENT), [_read_phase()]),
            is_complete=Handler(
                entry_point(JOB_FUNCTION, IS_COMPLETE), _reconcile(self.job_arn_pattern)
            ),
            description="Reconciles SageMaker Neo compilation jobs with this stack",
        )  # fmt: skip
        self._verifies = False
        self._awaited: set[str] = set()
        self._claimed: dict[str, str] = {}
        self._granted: set[tuple[str, Allow]] = set()
        self._grantees: dict[str, iam.IRole | iam.Policy] = {}
        self._after_jobs: dict[str, iam.Policy] = {}
        self._paths: dict[str, str] = {}
        self._written: dict[tuple[str, ...], str] = {}
        self.template_checks = TemplateChecks(stack)
        ChangingExports(stack, self.template_checks.jobs)
        self.stack = stack
        self.region = self.home.region

    @staticmethod
    def of(scope: Construct) -> NeoCompilationProvider:
        """Return the provider of this scope's stack, made on the first call."""
        asked = jsii_cache.reference(scope)
        if asked not in _providers:
            stack = cdk.Stack.of(scope)
            known = jsii_cache.reference(stack)
            if known not in _providers:
                _providers[known] = NeoCompilationProvider(stack, PROVIDER_ID)
            _providers[asked] = _providers[known]
        return _providers[asked]

    @property
    def default_output_bucket(self) -> s3.Bucket:
        """The bucket of the stack's jobs without `output_bucket`, made on the first call."""
        return default_output_bucket(self.stack)

    def _metric_dimensions(self) -> dict[str, str]:
        return {metric_names.STACK: self.stack.stack_name}

    def verify_artifacts(self) -> None:
        """Give the functions of this stack what they need to verify artifacts."""
        if not self._verifies:
            self._verifies = True
            self._use_verifying_code(handler_asset(policy_text(self.stack), verifies=True))

    def await_before_jobs(self, *needed: IConstruct) -> None:
        """Create constructs before all jobs of the stack, and delete them after.

        Every job depends on the function behind its ServiceToken, which therefore depends on it,
        once, instead of each job.
        """
        for each in needed:
            if (known := jsii_cache.reference(each)) not in self._awaited:
                self._awaited.add(known)
                self.entrypoint.add_dependency(each)

    def role_of(self, job: Construct, path: str) -> iam.Role:
        """Make the role of a job, which only jobs of this stack may assume."""
        name = job_role_name(self.owner, path)
        role = job_role(job, "Role", job_arn_pattern=self.job_arn_pattern, role_name=name)
        self.template_checks.add_role(path, name)
        return role

    def grantee(self, role: iam.IRole) -> iam.IRole | iam.Policy:
        """Return what takes the permissions for a given role: the role, or a policy of it.

        Permissions refer to resources of this stack and to its id. The default policy of a role of
        another stack is in that stack, where they would not resolve; so this stack gets one.
        """
        known = jsii_cache.reference(role)
        if known not in self._grantees:
            self._grantees[known] = self._grantee(role)
        return self._grantees[known]

    def _grantee(self, role: iam.IRole) -> iam.IRole | iam.Policy:
        if jsii_cache.reference(cdk.Stack.of(role)) == jsii_cache.reference(self.stack):
            return role
        if not takes_policies(role):
            return role
        policy = iam.Policy(self, f"RoleOfAnotherStack{_path_hash(role)}", roles=[role])
        self.await_before_jobs(policy)
        return policy

    def grantee_after_jobs(self, grantee: iam.IGrantable, job_role: iam.IRole) -> iam.IGrantable:
        """Return what takes permissions that name a job, of this role: the grantee, or a policy.

        A role that the job waits for gets a policy of its own: the job waits for the role's other
        policies too, and they would wait for the job.
        """
        principal = grantee.grant_principal
        known = jsii_cache.reference(principal)
        if known not in self._awaited and known != jsii_cache.reference(job_role):
            return grantee
        role = cast(iam.IRole, principal)  # nothing else that jobs wait for is a principal
        if not takes_policies(role):
            return grantee
        if known not in self._after_jobs:
            name = f"GrantsOnJobs{_path_hash(role)}"
            self._after_jobs[known] = iam.Policy(self, name, roles=[role])
        return self._after_jobs[known]

    def grant(self, role: iam.IRole | iam.Policy, rights: Iterable[Allow]) -> None:
        """Give a role these rights, each once however many jobs share the role."""
        known = jsii_cache.reference(role)
        given = {right: None for right in rights if (known, right) not in self._granted}
        self._granted.update((known, right) for right in given)
        grant_all(given, role)

    def path_below(self, scope: Construct, id: str) -> str:
        """Return a construct's path from its scope's, which is cached."""
        known = jsii_cache.reference(scope)
        if known not in self._paths:
            self._paths[known] = scope.node.path
        return f"{self._paths[known]}/{id}" if self._paths[known] else id

    def claim(self, logical_name: str, path: str) -> str:
        """Register a job's logical name: two jobs of one name and content would be one job.

        Raises ConstructError if another job of the stack has it.
        """
        other = self._claimed.setdefault(logical_name, path)
        if other != path:
            raise ConstructError(
                path, f"identity={logical_name!r} is already used by {other}; choose another name"
            )
        return logical_name

    def warn_of_overwriting(
        self, job: Construct, path: str, request: Mapping[str, object], target: Target
    ) -> None:
        """Warn if two jobs with ``exact_output`` write one object: NEO601 of the rules."""
        model = str(request.get(S3_URI) or request.get(MODEL_PACKAGE))
        written = (str(request[OUTPUT_LOCATION]), model.rpartition("/")[2], target.label)
        other = self._written.setdefault(written, path)
        if other != path:
            cdk.Annotations.of(job).add_warning_v2(
                "NEO601",
                f"{path} and {other} write the same object, and the last one to finish wins; give "
                "each an output_prefix of its own, or leave out exact_output",
            )


def _read_phase() -> Allow:
    return allow(["cloudformation:DescribeStacks"], [jsii_cache.stack_id()])


def _reconcile(job_arn_pattern: str) -> list[Allow]:
    phase = ["cloudformation:DescribeStacks", "cloudformation:ListStackResources"]
    return [
        *reconcile_jobs(job_arn_pattern),
        allow(phase, [jsii_cache.stack_id()], sid="ReadPhase"),
    ]


def _path_hash(role: iam.IRole) -> str:
    return hashlib.sha256(role.node.path.encode()).hexdigest()[:8]


@cache
def stack_owner() -> str:
    """Return the owner of a stack's jobs: `s` and 8 characters of the GUID of its id."""
    return owner_of({"Ref": "AWS::StackId"})


def owner_of(stack_id: object) -> str:
    """Return the owner of the jobs of the stack with this id, a token."""
    guid = {"Fn::Select": [2, {"Fn::Split": ["/", stack_id]}]}
    first = {"Fn::Select": [0, {"Fn::Split": ["-", guid]}]}
    return f"{STACK_OWNER_PREFIX}{cdk.Token.as_string(first)}"
