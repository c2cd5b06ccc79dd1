"""The network of a compilation job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct, IConstruct

from neo_constructs.network import s3_endpoint
from neo_constructs.network.subnets import (
    ChosenSubnets,
    check_count,
    check_each_once,
    check_same_vpc,
    choose_subnets,
    named,
    range_of,
    selection_key,
)
from neo_constructs.request.job_arguments import RunArguments
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import reference
from reconciler.core.fields import SECURITY_GROUPS, SUBNETS

MAX_SECURITY_GROUPS: Final = 5
_checked: dict[str, ec2.IVpc] = {}


@dataclass(frozen=True, slots=True)
class JobNetwork:
    """The network of a job.

    Attributes:
        vpc: The VPC, its endpoints included.
        connections: The job's security groups.
        subnet_ids: At most 16.
        group_ids: At most 5.
        needed: What must exist before the job and as long as it: VPC, endpoints, groups.
    """

    vpc: ec2.IVpc
    connections: ec2.Connections
    subnet_ids: list[str]
    group_ids: list[str]
    needed: tuple[IConstruct, ...]

    def fields(self) -> dict[str, object]:
        """Return the fields of a request for this network."""
        return {SECURITY_GROUPS: self.group_ids, SUBNETS: self.subnet_ids}


# Networks that several jobs share, read from jsii once.
_known: dict[tuple[object, ...], JobNetwork] = {}


def job_network(scope: Construct, arguments: RunArguments) -> JobNetwork | None:
    """Return the network that a job's arguments ask for, or None without a VPC.

    Without security groups, one is made for the job. Raises ConstructError for subnets or groups
    without a VPC, of another VPC, given twice or too many, and for what Neo cannot use.
    """
    vpc, vpc_subnets = arguments.get("vpc"), arguments.get("vpc_subnets")
    security_groups = arguments.get("security_groups")
    if vpc is None:
        _refuse_without_vpc(scope, vpc_subnets, security_groups)
        return None
    key = _key(vpc, vpc_subnets, security_groups)
    if key is None or key not in _known:
        found = _network(scope, vpc, vpc_subnets, security_groups or ())
        if key is None:
            return found
        _known[key] = found
    return _known[key]


def _network(
    scope: Construct,
    vpc: ec2.IVpc,
    vpc_subnets: ec2.SubnetSelection | None,
    security_groups: Sequence[ec2.ISecurityGroup],
) -> JobNetwork:
    path = scope.node.path
    check_vpc(path, vpc)
    chosen = choose_subnets(path, vpc, vpc_subnets)
    if security_groups:
        _check_groups(path, security_groups, vpc)
    groups = list(security_groups) or [job_group(scope, "SecurityGroup", vpc, chosen)]
    s3_endpoint.watch(vpc, chosen)
    if chosen.has_public:
        _warn_of_public(scope)
    return JobNetwork(
        vpc, ec2.Connections(security_groups=groups), chosen.ids,
        [group.security_group_id for group in groups],
        (vpc, *groups, *s3_endpoint.noted_endpoints(vpc, chosen.ids)),
    )  # fmt: skip


def _key(
    vpc: ec2.IVpc,
    subnets: ec2.SubnetSelection | None,
    groups: Sequence[ec2.ISecurityGroup] | None,
) -> tuple[object, ...] | None:
    """Return the cache key of a network, or None if the job has a group of its own."""
    chosen = selection_key(vpc, subnets)
    return None if chosen is None or not groups else (chosen, *map(reference, groups))


def job_group(
    scope: Construct, id: str, vpc: ec2.IVpc, chosen: ChosenSubnets, s3: ec2.IPeer | None = None
) -> ec2.SecurityGroup:
    """Make a security group without ingress, and with the egress that a job needs.

    Raises ConstructError if the addresses of a subnet are not known.
    """
    ranges = _ranges(scope.node.path, vpc, chosen)
    group = ec2.SecurityGroup(
        scope, id, vpc=vpc, allow_all_outbound=False,
        description="A SageMaker Neo compilation job",
    )  # fmt: skip
    _let_out(group, ranges, s3)
    return group


def complete_group(
    scope: Construct,
    group: ec2.ISecurityGroup,
    vpc: ec2.IVpc,
    chosen: ChosenSubnets,
    s3: ec2.IPeer | None = None,
) -> None:
    """Have a given group let out what a job needs, or warn of the rules that it has to have.

    Raises ConstructError for a group of another VPC, or if a subnet's addresses are not known.
    """
    path = scope.node.path
    _check_groups(path, [group], vpc)
    if group.allow_all_outbound:
        return
    ranges = _ranges(path, vpc, chosen)
    before = len(group.node.children)
    _let_out(group, ranges, s3)
    if not isinstance(group, ec2.SecurityGroup) and len(group.node.children) == before:
        cdk.Annotations.of(scope).add_warning_v2(
            "neo:groupRules",
            f"the security group {group.node.path} was imported as one that may not be changed; "
            "for jobs it has to let out TCP 443 to S3's prefix list, and TCP to "
            f"{', '.join(ranges)}",
        )


def _let_out(group: ec2.ISecurityGroup, ranges: Sequence[str], s3: ec2.IPeer | None) -> None:
    """Allow HTTPS to S3 and TCP to the subnets: the developer guide's "Neo VPC", Configure the
    VPC Security Group. Any address stands for S3's prefix list if that is not known: where the
    endpoint is the only way out, no other is reached.
    """
    to_s3 = s3 or ec2.Peer.any_ipv4()
    group.add_egress_rule(to_s3, ec2.Port.tcp(443), "S3 through the VPC's endpoint")
    for block in ranges:
        group.add_egress_rule(ec2.Peer.ipv4(block), ec2.Port.all_tcp(), "The job's own subnets")


def check_vpc(path: str, vpc: ec2.IVpc) -> None:
    """Raise ConstructError for a VPC of dedicated tenancy, if that is known.

    Source: the developer guide's "Neo VPC": only subnets of a VPC of default tenancy.
    """
    if reference(vpc) in _checked:
        return
    resource = vpc.node.default_child
    if isinstance(resource, ec2.CfnVPC) and resource.instance_tenancy in ("dedicated", "host"):
        raise ConstructError(
            path,
            f"the VPC {vpc.node.path} has {resource.instance_tenancy} tenancy; Neo runs jobs only "
            "in VPCs of default tenancy",
        )
    _checked[reference(vpc)] = vpc


def _check_groups(path: str, groups: Sequence[ec2.ISecurityGroup], vpc: ec2.IVpc) -> None:
    check_count(path, "security_groups", groups, MAX_SECURITY_GROUPS)
    check_each_once(path, "security_groups", [group.security_group_id for group in groups])
    for group in groups:
        resource = group.node.default_child
        if isinstance(resource, ec2.CfnSecurityGroup) and resource.vpc_id is not None:
            check_same_vpc(path, f"the security group {group.node.path}", resource.vpc_id, vpc)


def _ranges(path: str, vpc: ec2.IVpc, chosen: ChosenSubnets) -> list[str]:
    known = [range_of(subnet) for subnet in chosen.subnets]
    if known and None not in known:
        return list(dict.fromkeys(block for block in known if block is not None))
    try:
        return [vpc.vpc_cidr_block]
    except RuntimeError as error:
        unknown = [
            named(subnet)
            for subnet, block in zip(chosen.subnets, known, strict=True)
            if block is None
        ]
        raise ConstructError(
            path,
            f"the addresses of the subnets {', '.join(unknown)} are not known, to which a job's "
            "security group must let it out; import the VPC with "
            "private_subnet_ipv4_cidr_blocks=[...] (or isolated_..., or vpc_cidr_block=...), or "
            "with ec2.Vpc.from_lookup, or give security_groups=[...] that allow it",
        ) from error


def _warn_of_public(scope: Construct) -> None:
    cdk.Annotations.of(scope).add_warning_v2(
        "neo:publicSubnets",
        "jobs get no public address, so a public subnet leads them nowhere that a private one "
        "would not: select private or isolated ones with vpc_subnets=ec2.SubnetSelection(...)",
    )


def _refuse_without_vpc(scope: Construct, subnets: object, groups: object) -> None:
    for name, value in (("vpc_subnets", subnets), ("security_groups", groups)):
        if value:
            raise ConstructError(scope.node.path, f"{name} is given without vpc; give vpc as well")
