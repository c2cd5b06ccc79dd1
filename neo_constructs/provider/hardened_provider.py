"""CDK's Provider framework with two functions of ours, hardened as far as its options go.

Every role is ours and holds only what its function calls, none a managed policy of AWS's; one log
group with a retention, and no function may create log groups. The ids below are contracts:
CloudFormation refuses a changed ServiceToken, so a renamed provider is an undeployable stack.

Functions and policies are CfnFunction and CfnManagedPolicy: a Function of CDK's would add nothing
to what is said here, and makes four times as many calls to jsii at every synthesis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Unpack

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from aws_cdk import custom_resources as cr
from constructs import Construct

from neo_constructs.iam.policy_pack import PolicyPack
from neo_constructs.iam.rights_policy import RightsPolicy
from neo_constructs.iam.statements import Allow, allow
from neo_constructs.provider.function_settings import ConfiguredFunction, configure_functions
from neo_constructs.provider.handler_asset import HandlerAsset
from neo_constructs.provider.logs import allow_logs, configure_logs
from neo_constructs.provider.waiter import log, trace
from neo_constructs.request.argument_types import check_arguments
from neo_constructs.request.defaults import DEFAULTS
from neo_constructs.request.function_arguments import FunctionArguments
from neo_constructs.synth import jsii_cache
from neo_constructs.synth.tokens import is_token
from neo_constructs.synth.unpacked_signature import unpacked
from reconciler.core.contract import (
    POLL_INTERVAL,
    SERVICE_TIMEOUT,
    VERIFIER_DISK_MIB,
    VERIFIER_MEMORY_MIB,
)


@dataclass(frozen=True, slots=True)
class Handler:
    """One of the two functions that CDK's framework calls.

    Attributes:
        entry: Module and function in the asset.
        rights: Its permissions, except for writing its log.
        memory_mib: Its memory.
        seconds: How long one call may take.
    """

    entry: str
    rights: Sequence[Allow]
    memory_mib: int = 256
    seconds: int = 60


class HardenedProvider(Construct):
    """Functions, roles and log group behind a custom resource."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        asset: HandlerAsset,
        on_event: Handler,
        is_complete: Handler,
        description: str,
        log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
        log_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.log_group = logs.LogGroup(
            self, "Logs", retention=log_retention, encryption_key=log_key,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )  # fmt: skip
        stack = cdk.Stack.of(self)
        if log_key is not None:
            allow_logs(log_key, stack)
        self._log_group_name = self.log_group.log_group_name
        write_logs = ["logs:CreateLogStream", "logs:PutLogEvents"]
        self.home = jsii_cache.home_of(stack)
        self._write_logs = allow(write_logs, [self.log_group.log_group_arn])
        self._policies: dict[str, RightsPolicy] = {}
        self._code = self._staged("Code", asset)
        self._description = description
        self.on_event_function = self._function("OnEvent", on_event)
        self.is_complete_role = self._role("IsCompleteRole")
        self.is_complete_function = self._function("IsComplete", is_complete, self.is_complete_role)
        self.jobs = PolicyPack(self, "Permissions", role=self.is_complete_role)
        self._framework()

    def allow(self, right: Allow) -> None:
        """Add a permission to the function that reconciles."""
        self._policies["IsCompletePolicy"].add(right)

    @unpacked(FunctionArguments, defaults=DEFAULTS)
    def configure_functions(self, **arguments: Unpack[FunctionArguments]) -> None:
        """Decide on the network, key, runtime, concurrency and traces of the five functions.

        Three of them are those of CDK's provider framework, in its own runtime.

        Args:
            **arguments: Each by its name.

        Raises:
            ConstructError: The arguments do not go together.
        """
        vpc = configure_functions(self, list(self._functions()), arguments)
        if vpc is not None:
            self.entrypoint.add_dependency(vpc)  # routes and endpoints, until the last job is gone
        if arguments.get("tracing"):
            trace(self._waiter)

    def configure_logs(
        self,
        *,
        retention: logs.RetentionDays | None = None,
        encryption_key: kms.IKey | None = None,
        state_machine: bool = False,
    ) -> None:
        """Decide how long the functions' logs are kept, and with which key; before or after jobs.

        Args:
            retention: How long. Default: as before, which is three months at first.
            encryption_key: A symmetric key of the stack's region. CloudWatch Logs is allowed to
                use it, if it is made in this app; an imported key must allow it already.
            state_machine: Whether the state machine that waits for jobs logs its errors there,
                without its data, which holds the URL of CloudFormation's answer.
        """
        given = {"retention": retention, "encryption_key": encryption_key,
            "state_machine": state_machine,
        }  # fmt: skip
        check_arguments(f"{self.node.path}.configure_logs", given)
        configure_logs(self.log_group, retention, encryption_key)
        if state_machine:
            log(self._waiter, self.log_group)

    def _use_verifying_code(self, asset: HandlerAsset) -> None:
        """Give the function that reconciles what it needs to verify artifacts."""
        function = self.is_complete_function
        function.code = self._staged("VerifyingCode", asset)
        function.memory_size = VERIFIER_MEMORY_MIB
        function.ephemeral_storage = lambda_.CfnFunction.EphemeralStorageProperty(
            size=VERIFIER_DISK_MIB
        )

    def _staged(self, id: str, asset: HandlerAsset) -> lambda_.CfnFunction.CodeProperty:
        code = assets.Asset(
            self, id, path=str(asset.path), asset_hash=asset.content_hash,
            asset_hash_type=cdk.AssetHashType.CUSTOM,
        )  # fmt: skip
        return lambda_.CfnFunction.CodeProperty(
            s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key
        )

    def _functions(self) -> Iterator[ConfiguredFunction]:
        on_event, is_complete = self._policies["OnEventPolicy"], self._policies["IsCompletePolicy"]
        yield ConfiguredFunction(self.on_event_function, on_event, False, True)
        yield ConfiguredFunction(self.is_complete_function, is_complete, False, True)
        framework = self.node.find_child("Framework").node
        for name in ("OnEvent", "IsComplete", "OnTimeout"):
            function = framework.find_child(f"framework-{name[0].lower()}{name[1:]}")
            resource = function.node.default_child
            assert isinstance(resource, lambda_.CfnFunction)
            role = "OnEvent" if name == "OnEvent" else "IsComplete"
            yield ConfiguredFunction(
                resource, self._policies[f"Framework{role}Policy"], True, False
            )

    def _framework(self) -> None:
        on_event, on_event_arn = self._called("OnEventHandler", self.on_event_function)
        is_complete, is_complete_arn = self._called("IsCompleteHandler", self.is_complete_function)
        on_event_role = self._role("FrameworkOnEventRole")
        is_complete_role = self._role("FrameworkIsCompleteRole")
        provider = cr.Provider(
            self, "Framework",
            on_event_handler=on_event,
            is_complete_handler=is_complete,
            # Without this the framework would add `function:*` for both functions to both roles.
            framework_on_event_role=on_event_role.without_policy_updates(),
            framework_complete_and_timeout_role=is_complete_role.without_policy_updates(),
            framework_lambda_logging_level=lambda_.ApplicationLogLevel.ERROR,
            log_group=self.log_group,
            query_interval=cdk.Duration.seconds(POLL_INTERVAL.total_seconds()),
            total_timeout=cdk.Duration.minutes(SERVICE_TIMEOUT.total_seconds() // 60),
        )  # fmt: skip
        made = provider.node
        waiter = made.find_child("waiter-state-machine")
        assert isinstance(waiter, cr.WaiterStateMachine)
        self._waiter = waiter
        start = allow(["states:StartExecution"], [waiter.state_machine_arn])
        self._policy("FrameworkOnEventPolicy", on_event_role, [_invoke(on_event_arn), start])
        self._policy("FrameworkIsCompletePolicy", is_complete_role, [_invoke(is_complete_arn)])
        # A reference leaves out the policies of a role: without this one could go before a job.
        self.entrypoint = made.find_child("framework-onEvent").node
        policies = [policy.resource for policy in self._policies.values()]
        self.entrypoint.add_dependency(*policies, self.jobs)
        self.service_token: str = provider.service_token

    def _role(self, id: str) -> iam.Role:
        return iam.Role(self, id, assumed_by=lambda_service())

    def _policy(self, id: str, role: iam.Role, rights: Sequence[Allow]) -> None:
        name, all_rights = jsii_cache.role_name(role), [self._write_logs, *rights]
        self._policies[id] = RightsPolicy(self, id, role_name=name, rights=all_rights)

    def _function(
        self, id: str, handler: Handler, role: iam.Role | None = None
    ) -> lambda_.CfnFunction:
        role = role or self._role(f"{id}Role")
        self._policy(f"{id}Policy", role, handler.rights)
        return lambda_.CfnFunction(
            self, id, code=self._code, handler=handler.entry, role=jsii_cache.role_arn(role),
            runtime="python3.13", architectures=["arm64"], memory_size=handler.memory_mib,
            timeout=handler.seconds, description=self._description,
            logging_config=lambda_.CfnFunction.LoggingConfigProperty(
                log_group=self._log_group_name, log_format="Text"
            ),
        )  # fmt: skip

    def _called(self, id: str, function: lambda_.CfnFunction) -> tuple[lambda_.IFunction, str]:
        """Return the function as the framework takes it, and its ARN.

        The ARN has the stack's account in it if that is known: CDK would take the function for
        one of another account, and let the framework invoke it by a resource policy as well.
        """
        arn = function.attr_arn
        if not is_token(self.home.account):
            arn = cdk.Stack.of(self).format_arn(
                service="lambda", resource="function", resource_name=function.ref,
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )  # fmt: skip
        return lambda_.Function.from_function_attributes(
            self, id, function_arn=arn, same_environment=True
        ), arn


@cache
def lambda_service() -> iam.ServicePrincipal:
    """Return the principal of Lambda."""
    return iam.ServicePrincipal("lambda.amazonaws.com")


def _invoke(function_arn: str) -> Allow:
    """Allow the framework to read the state of a function and to invoke it."""
    return allow(["lambda:GetFunction", "lambda:InvokeFunction"], [function_arn])
