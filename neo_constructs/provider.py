"""The one custom-resource provider that all compilation jobs of a stack share.

CDK's Provider framework with two functions of our own, hardened as far as its options go: every
role is ours and holds only what its function calls, none a managed policy of AWS's, one log group
with a retention, and no function may create log groups. The ids below are contracts: CloudFormation
refuses a changed ServiceToken, so a renamed provider is an undeployable stack.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources as cr
from constructs import Construct, IConstruct, IDependable

from neo_constructs import facts
from neo_constructs.errors import ConstructError
from neo_constructs.handler_asset import handler_asset
from neo_constructs.organisation_policy import policy_text
from neo_constructs.policy_pack import PolicyPack
from neo_constructs.statements import Allow, allow

PROVIDER_ID: Final = "NeoCompilationProvider"
QUERY_INTERVAL_SECONDS: Final = 20
FRAMEWORK_TIMEOUT_MINUTES: Final = 60
_MODULE: Final = "reconciler.handler.lambda_function"

# By the reference of a stack or of a scope in it. jsii keeps Python objects only as long as
# somebody in Python does, and these carry state.
_providers: dict[str, NeoCompilationProvider] = {}


class NeoCompilationProvider(Construct):
    """Functions, roles and log group behind every `Custom::NeoCompilationJob` of a stack."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self._policies: list[IDependable] = []
        self.owner = stack_owner()
        self.job_arn_pattern = (
            f"arn:{facts.partition()}:sagemaker:{facts.own_region()}:{facts.own_account()}"
            f":compilation-job/{self.owner}-*"
        )
        self.log_group = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )  # fmt: skip
        asset = handler_asset(policy_text(self))
        code = lambda_.Code.from_asset(
            str(asset.path), asset_hash=asset.content_hash, asset_hash_type=cdk.AssetHashType.CUSTOM
        )
        self.on_event_role = self._role("OnEventRole", [self._read_phase()])
        self.is_complete_role = self._role("IsCompleteRole", self._reconcile())
        self.on_event_function = self._function("OnEvent", "on_event", self.on_event_role, code)
        self.is_complete_function = self._function(
            "IsComplete", "is_complete", self.is_complete_role, code
        )
        self.jobs = PolicyPack(self, "Permissions", role=self.is_complete_role)
        self._entrypoint = self._framework()
        self._awaited: set[str] = set()
        self._claimed: dict[str, str] = {}
        self._granted: set[tuple[str, Allow]] = set()
        self._paths: dict[str, str] = {}
        self.stack = cdk.Stack.of(scope)
        self.home = facts.home_of(self.stack)
        self.region = self.home.region
        self.service_token: str = self._entrypoint.function_arn

    @staticmethod
    def of(scope: Construct) -> NeoCompilationProvider:
        """The provider of this scope's stack, made when it is first asked for."""
        asked = facts.reference(scope)
        if asked not in _providers:
            stack = cdk.Stack.of(scope)
            known = facts.reference(stack)
            if known not in _providers:
                _providers[known] = NeoCompilationProvider(stack, PROVIDER_ID)
            _providers[asked] = _providers[known]
        return _providers[asked]

    def await_before_jobs(self, needed: IConstruct) -> None:
        """Have this made before any job of the stack, and deleted after all of them.

        Every job depends on the function behind its ServiceToken, so that is where it is said,
        once, instead of in each job.
        """
        if facts.reference(needed) not in self._awaited:
            self._awaited.add(facts.reference(needed))
            self._entrypoint.node.add_dependency(needed)

    def grant(self, role: iam.IRole, rights: Iterable[Allow]) -> None:
        """Give a role these rights, each once however many jobs share the role."""
        for right in rights:
            if (facts.reference(role), right) not in self._granted:
                self._granted.add((facts.reference(role), right))
                role.add_to_principal_policy(right.statement())

    def path_below(self, scope: Construct, id: str) -> str:
        """A construct's path, from its scope's, which jsii is asked for once."""
        known = facts.reference(scope)
        if known not in self._paths:
            self._paths[known] = scope.node.path
        return f"{self._paths[known]}/{id}" if self._paths[known] else id

    def claim(self, logical_name: str, path: str) -> str:
        """A job's logical name, once: two jobs of one name and content would be one job.

        Raises ConstructError if another job of the stack has it.
        """
        other = self._claimed.setdefault(logical_name, path)
        if other != path:
            raise ConstructError(
                path, f"identity={logical_name!r} is that of {other} already; choose another name"
            )
        return logical_name

    def _framework(self) -> lambda_.Function:
        on_event = self._role("FrameworkOnEventRole", invoke(self.on_event_function))
        is_complete = self._role("FrameworkIsCompleteRole", invoke(self.is_complete_function))
        provider = cr.Provider(
            self,
            "Framework",
            on_event_handler=self.on_event_function,
            is_complete_handler=self.is_complete_function,
            # Without this the framework would add `function:*` for both functions to both roles.
            framework_on_event_role=on_event.without_policy_updates(),
            framework_complete_and_timeout_role=is_complete.without_policy_updates(),
            framework_lambda_logging_level=lambda_.ApplicationLogLevel.ERROR,
            log_group=self.log_group,
            query_interval=cdk.Duration.seconds(QUERY_INTERVAL_SECONDS),
            total_timeout=cdk.Duration.minutes(FRAMEWORK_TIMEOUT_MINUTES),
        )
        entrypoint = provider.node.find_child("framework-onEvent")
        assert isinstance(entrypoint, lambda_.Function)
        waiter = provider.node.find_child("waiter-state-machine")
        self._policy(
            "StartWaiter",
            on_event,
            [allow(["states:StartExecution"], [state_machine_arn(waiter)])],
        )
        self._order(entrypoint)
        return entrypoint

    def _order(self, entrypoint: lambda_.Function) -> None:
        # A reference leaves out the policies of a role: without this one could go before a job.
        entrypoint.node.add_dependency(*self._policies, self.jobs)

    def _role(self, id: str, granted: list[Allow]) -> iam.Role:
        role = iam.Role(self, id, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        write_logs = allow(
            ["logs:CreateLogStream", "logs:PutLogEvents"], [self.log_group.log_group_arn]
        )
        self._policy(id.removesuffix("Role"), role, [write_logs, *granted])
        return role

    def _policy(self, id: str, role: iam.Role, granted: list[Allow]) -> None:
        statements = [right.statement() for right in granted]
        policy = iam.ManagedPolicy(self, f"{id}Policy", roles=[role], statements=statements)
        self._policies.append(policy)

    def _function(
        self, id: str, handler: str, role: iam.Role, code: lambda_.Code
    ) -> lambda_.Function:
        return lambda_.Function(
            self, id, code=code, handler=f"{_MODULE}.{handler}",
            runtime=lambda_.Runtime.PYTHON_3_13, architecture=lambda_.Architecture.ARM_64,
            memory_size=256, timeout=cdk.Duration.seconds(60), role=role.without_policy_updates(),
            log_group=self.log_group, logging_format=lambda_.LoggingFormat.TEXT,
            description="Reconciles SageMaker Neo compilation jobs with this stack",
        )  # fmt: skip

    def _read_phase(self) -> Allow:
        return allow(["cloudformation:DescribeStacks"], [cdk.Aws.STACK_ID])

    def _reconcile(self) -> list[Allow]:
        return [
            allow(
                [
                    "sagemaker:AddTags",
                    "sagemaker:CreateCompilationJob",
                    "sagemaker:DeleteCompilationJob",
                    "sagemaker:DeleteTags",
                    "sagemaker:DescribeCompilationJob",
                    "sagemaker:ListTags",
                    "sagemaker:StopCompilationJob",
                ],
                [self.job_arn_pattern],
                sid="OwnJobs",
            ),
            # The API has no narrower resource for it.
            allow(["sagemaker:ListCompilationJobs"], ["*"], sid="ListJobs"),
            allow(
                ["cloudformation:DescribeStacks", "cloudformation:DescribeStackResource"],
                [cdk.Aws.STACK_ID],
                sid="ReadPhase",
            ),
        ]


def stack_owner() -> str:
    """The owner of a stack's jobs: `s` and the first 8 characters of its id's GUID."""
    guid = cdk.Fn.select(2, cdk.Fn.split("/", cdk.Aws.STACK_ID))
    return f"s{cdk.Fn.select(0, cdk.Fn.split('-', guid))}"


def invoke(function: lambda_.Function) -> list[Allow]:
    """What the framework does with one of our functions: ask for its state, and call it."""
    return [allow(["lambda:GetFunction", "lambda:InvokeFunction"], [function.function_arn])]


def state_machine_arn(waiter: object) -> str:
    arn = getattr(waiter, "state_machine_arn", None)
    if not isinstance(arn, str):
        machine = waiter.node.find_child("Resource")  # type: ignore[attr-defined]
        assert isinstance(machine, cdk.CfnResource)
        return machine.ref
    return arn
