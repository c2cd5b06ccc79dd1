"""What organisations ask of functions: network, key, runtime, concurrency, traces.

Set on functions that exist as constructs already, each of which has a policy of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from neo_constructs.iam.keys import is_symmetric, key_use
from neo_constructs.iam.rights_policy import RightsPolicy
from neo_constructs.iam.statements import Allow, allow
from neo_constructs.network.subnets import choose_subnets
from neo_constructs.request.argument_types import check_arguments
from neo_constructs.request.function_arguments import FunctionArguments
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import key_arn

_GROUP_ID: Final = "FunctionsSecurityGroup"
# AWSLambdaVPCAccessExecutionRole, without the logs. EC2 takes no narrower resource for them.
_USE_VPC: Final = allow(
    [
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
    ],
    ["*"], sid="UseVpc",
)  # fmt: skip
_TRACE_ACTIONS: Final = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
TRACE: Final = allow(_TRACE_ACTIONS, ["*"], sid="Trace")


@dataclass(frozen=True, slots=True)
class ConfiguredFunction:
    """A function that settings apply to.

    Attributes:
        resource: The function.
        policy: The permissions of its role.
        has_environment: Whether it has environment variables.
        is_ours: Whether its code is this library's, in Python.
    """

    resource: lambda_.CfnFunction
    policy: RightsPolicy
    has_environment: bool
    is_ours: bool


def configure_functions(
    scope: Construct, functions: Sequence[ConfiguredFunction], arguments: FunctionArguments
) -> ec2.IVpc | None:
    """Apply what is given to all functions; return their VPC, which they need as long as they run.

    Raises ConstructError for arguments that do not go together.
    """
    path = scope.node.path
    check_arguments(path, arguments)
    _check_key(path, arguments.get("environment_encryption"))
    network = _network(scope, path, arguments)
    for function in functions:
        _apply(function, arguments)
        for right in _rights(function, arguments):
            function.policy.add(right)
        if network is not None:  # Lambda looks at the permission when it makes the function
            function.resource.vpc_config = network
            function.resource.add_dependency(function.policy.resource)
    return arguments.get("vpc")


def _apply(function: ConfiguredFunction, arguments: FunctionArguments) -> None:
    """Set what does not depend on the scope; rule packs read attributes, and no overrides."""
    resource = function.resource
    key, runtime = arguments.get("environment_encryption"), arguments.get("runtime")
    concurrency = arguments.get("reserved_concurrent_executions")
    if key is not None and function.has_environment:
        resource.kms_key_arn = key_arn(key)
    if runtime is not None and function.is_ours:
        resource.runtime = runtime.name
    if concurrency is not None:
        resource.reserved_concurrent_executions = concurrency
    if arguments.get("tracing"):
        resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")


def _rights(function: ConfiguredFunction, arguments: FunctionArguments) -> Iterator[Allow]:
    if arguments.get("vpc") is not None:
        yield _USE_VPC
    if arguments.get("tracing"):
        yield TRACE
    key = arguments.get("environment_encryption")
    if key is not None and function.has_environment:
        yield key_use(key).decrypt_environment()


def _network(
    scope: Construct, path: str, arguments: FunctionArguments
) -> lambda_.CfnFunction.VpcConfigProperty | None:
    vpc, groups = arguments.get("vpc"), arguments.get("security_groups")
    if vpc is None:
        if groups or arguments.get("vpc_subnets"):
            raise ConstructError(path, "vpc_subnets and security_groups need vpc; give vpc=...")
        return None
    chosen = choose_subnets(path, vpc, arguments.get("vpc_subnets"))
    if chosen.has_public:
        raise ConstructError(
            path, "vpc_subnets: functions in a public subnet reach nothing; select private ones"
        )
    used = list(groups or [_group(scope, vpc)])
    return lambda_.CfnFunction.VpcConfigProperty(
        subnet_ids=chosen.ids, security_group_ids=[group.security_group_id for group in used]
    )


def _group(scope: Construct, vpc: ec2.IVpc) -> ec2.ISecurityGroup:
    known = scope.node.try_find_child(_GROUP_ID)
    if isinstance(known, ec2.SecurityGroup):
        return known
    group = ec2.SecurityGroup(
        scope, _GROUP_ID, vpc=vpc, allow_all_outbound=False,
        description="Functions that reconcile SageMaker Neo compilation jobs",
    )  # fmt: skip
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "APIs of AWS")
    return group


def _check_key(path: str, key: kms.IKey | None) -> None:
    if key is not None and not is_symmetric(key):
        raise ConstructError(
            path,
            f"the key {key.node.path} is asymmetric; Lambda encrypts with symmetric keys alone",
        )
