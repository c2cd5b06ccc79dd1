"""The network of a compilation job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_ec2 as ec2
from constructs import Construct, IConstruct

from neo_constructs.errors import ConstructError
from neo_constructs.tokens import is_token

MAX_SUBNETS: Final = 16
MAX_SECURITY_GROUPS: Final = 5


@dataclass(frozen=True, slots=True)
class JobNetwork:
    """Where a job's network interfaces are.

    Attributes:
        vpc: The VPC, its endpoints included.
        connections: The job's security groups.
        subnet_ids: At most 16.
        needed: What must be there before the job and as long as it: VPC, endpoints, groups.
    """

    vpc: ec2.IVpc
    connections: ec2.Connections
    subnet_ids: list[str]
    needed: tuple[IConstruct, ...]

    def to_wire(self) -> dict[str, object]:
        """The request's VpcConfig."""
        groups = [group.security_group_id for group in self.connections.security_groups]
        return {"SecurityGroupIds": groups, "Subnets": self.subnet_ids}


def job_network(
    scope: Construct,
    vpc: ec2.IVpc | None,
    vpc_subnets: ec2.SubnetSelection | None,
    security_groups: Sequence[ec2.ISecurityGroup] | None,
) -> JobNetwork | None:
    """The network that a job's arguments ask for, or None for none.

    Without security groups, one is made for the job: nothing comes in, and HTTPS for S3's
    endpoint and TCP to the selected subnets go out (the developer guide's "Neo VPC").
    Raises ConstructError for subnets or groups without a VPC, and for too many of them.
    """
    if vpc is None:
        _refuse_without_vpc(scope, vpc_subnets, security_groups)
        return None
    selected = _selected(vpc, vpc_subnets)
    groups = list(security_groups or [_own_group(scope, vpc, selected)])
    subnet_ids = list(selected.subnet_ids)
    _check_count(scope, "security_groups", groups, MAX_SECURITY_GROUPS)
    if not is_token(subnet_ids):
        _check_count(scope, "vpc_subnets", subnet_ids, MAX_SUBNETS)
    return JobNetwork(vpc, ec2.Connections(security_groups=groups), subnet_ids, (vpc, *groups))


def _selected(vpc: ec2.IVpc, selection: ec2.SubnetSelection | None) -> ec2.SelectedSubnets:
    if selection is None:
        return vpc.select_subnets()
    chosen = {name: getattr(selection, name) for name in _SELECTION}
    return vpc.select_subnets(
        **{name: value for name, value in chosen.items() if value is not None}
    )


_SELECTION: Final = (
    "availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnets",
    "subnet_type",
)  # fmt: skip


def _own_group(scope: Construct, vpc: ec2.IVpc, selected: ec2.SelectedSubnets) -> ec2.SecurityGroup:
    group = ec2.SecurityGroup(
        scope, "SecurityGroup", vpc=vpc, allow_all_outbound=False,
        description="A SageMaker Neo compilation job",
    )  # fmt: skip
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "S3 through the VPC's endpoint")
    for block in filter(None, map(_cidr, selected.subnets)):
        group.add_egress_rule(ec2.Peer.ipv4(block), ec2.Port.all_tcp(), "The job's own subnets")
    return group


def _cidr(subnet: ec2.ISubnet) -> str | None:
    try:
        return subnet.ipv4_cidr_block
    except RuntimeError:  # an imported subnet whose range nobody gave
        return None


def _refuse_without_vpc(scope: Construct, subnets: object, groups: object) -> None:
    for name, value in (("vpc_subnets", subnets), ("security_groups", groups)):
        if value:
            raise ConstructError(scope.node.path, f"{name} is given without vpc; give vpc as well")


def _check_count(scope: Construct, name: str, values: Sequence[object], most: int) -> None:
    if not 1 <= len(values) <= most:
        raise ConstructError(
            scope.node.path,
            f"{name}: {len(values)} are selected, 1 to {most} are allowed; "
            "select fewer with vpc_subnets=ec2.SubnetSelection(...)"
            if name == "vpc_subnets"
            else f"{name}: {len(values)} are given, 1 to {most} are allowed",
        )
