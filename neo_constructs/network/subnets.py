"""The subnets of a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import IConstruct

from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import reference
from neo_constructs.synth.tokens import is_token

MAX_SUBNETS: Final = 16
_SELECTION: Final = (
    "availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnets",
    "subnet_type",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChosenSubnets:
    """Subnets of a VPC.

    Attributes:
        ids: Their ids; one token if the list itself is one.
        subnets: The subnets.
        has_public: Whether a public one is among them.
    """

    ids: list[str]
    subnets: list[ec2.ISubnet]
    has_public: bool


# What was chosen, by the references of the VPC and of what selects in it.
_known: dict[tuple[object, ...], ChosenSubnets] = {}


def choose_subnets(
    path: str, vpc: ec2.IVpc, selection: ec2.SubnetSelection | None
) -> ChosenSubnets:
    """Return the selected subnets, by default the VPC's private ones.

    Raises ConstructError if there are none, more than 16, one twice, or one of another VPC.
    """
    key = selection_key(vpc, selection)
    if key is None:
        return _chosen(path, vpc, selection)
    if key not in _known:
        _known[key] = _chosen(path, vpc, selection)
    return _known[key]


def _chosen(path: str, vpc: ec2.IVpc, selection: ec2.SubnetSelection | None) -> ChosenSubnets:
    selected = _select(path, vpc, selection)
    subnets = list(selected.subnets)
    if selected.is_pending_lookup and not subnets:
        subnets = list(vpc.private_subnets)
    ids = [subnet.subnet_id for subnet in subnets]
    if selected.is_pending_lookup:  # CDK makes ids up that no subnet has
        ids = [f"subnet-{made_up.partition('-')[2]}" for made_up in ids]
    if not is_token(ids):
        check_count(path, "vpc_subnets", ids, MAX_SUBNETS)
    check_each_once(path, "vpc_subnets", ids)
    if selection is not None and selection.subnets is not None:
        for subnet in subnets:
            _check_of_vpc(path, subnet, vpc)
    return ChosenSubnets(ids, subnets, selected.has_public)


def range_of(subnet: ec2.ISubnet) -> str | None:
    """Return a subnet's CIDR block, or None if an imported one does not have it."""
    try:
        block = subnet.ipv4_cidr_block
    except RuntimeError:
        return None
    return None if "#{Token[" in block else block  # a list that CloudFormation alone knows


def route_table_of(subnet: ec2.ISubnet) -> str | None:
    """Return a subnet's route table, or None if an imported one does not have it."""
    try:
        table = subnet.route_table.route_table_id
    except RuntimeError:
        return None
    return None if "#{Token[" in table else table


def named(subnet: ec2.ISubnet) -> str:
    """Return a subnet's id for messages, or its path if the id is known at deployment only."""
    return subnet.node.path if "{Token[" in subnet.subnet_id else subnet.subnet_id


def check_count(path: str, name: str, values: Sequence[object], most: int) -> None:
    """Raise ConstructError unless there are 1 to `most`."""
    if 1 <= len(values) <= most:
        return
    raise ConstructError(
        path,
        f"{name}: {len(values)} are selected, 1 to {most} are allowed; "
        "select fewer with vpc_subnets=ec2.SubnetSelection(...)"
        if name == "vpc_subnets"
        else f"{name}: {len(values)} are given, 1 to {most} are allowed",
    )


def check_each_once(path: str, name: str, ids: Sequence[str]) -> None:
    """Raise ConstructError for an id that is there twice."""
    twice = sorted({each for each in ids if ids.count(each) > 1 and not is_token(each)})
    if twice:
        raise ConstructError(path, f"{name}: {', '.join(twice)} is there twice; give each once")


def check_same_vpc(path: str, what: str, theirs: str, vpc: ec2.IVpc) -> None:
    """Raise ConstructError if something is known to be of another VPC than the job's."""
    if _are_different(theirs, vpc.vpc_id):
        raise ConstructError(
            path,
            f"{what} is of the VPC {_named(theirs)} and the job's is {_named(vpc.vpc_id)}; all "
            "subnets and security groups of a job must be of one VPC",
        )


def selection_key(
    vpc: ec2.IVpc, selection: ec2.SubnetSelection | None
) -> tuple[object, ...] | None:
    """Return the cache key of a selection, or None for filters, which cannot be compared."""
    if selection is None:
        return (reference(vpc),)
    if selection.subnet_filters is not None:
        return None
    return (
        reference(vpc), tuple(selection.availability_zones or ()), selection.one_per_az,
        selection.subnet_group_name, tuple(map(reference, selection.subnets or ())),
        selection.subnet_type,
    )  # fmt: skip


def _select(path: str, vpc: ec2.IVpc, selection: ec2.SubnetSelection | None) -> ec2.SelectedSubnets:
    chosen = {} if selection is None else {name: getattr(selection, name) for name in _SELECTION}
    try:
        return vpc.select_subnets(
            **{name: value for name, value in chosen.items() if value is not None}
        )
    except RuntimeError as error:
        raise ConstructError(path, f"vpc_subnets: {_why_none(vpc, str(error))}") from error


def _why_none(vpc: ec2.IVpc, error: str) -> str:
    if any((vpc.private_subnets, vpc.isolated_subnets, vpc.public_subnets)):
        reason = error.splitlines()[0].partition(": ")[2] or error
        return f"{reason}; select others with vpc_subnets=ec2.SubnetSelection(...)"
    return (
        "the VPC is imported without any subnets; give ec2.Vpc.from_vpc_attributes "
        "private_subnet_ids=[...], private_subnet_ipv4_cidr_blocks=[...] and, for a new S3 "
        "endpoint, private_subnet_route_table_ids=[...] (or isolated_...), or use "
        "ec2.Vpc.from_lookup"
    )


def _check_of_vpc(path: str, subnet: ec2.ISubnet, vpc: ec2.IVpc) -> None:
    resource = subnet.node.default_child
    if isinstance(resource, ec2.CfnSubnet):
        check_same_vpc(path, f"the subnet {subnet.node.path}", resource.vpc_id, vpc)
        return
    owner = getattr(subnet.node.scope, "vpc_id", None)  # subnets of an imported VPC are below it
    if isinstance(owner, str):
        check_same_vpc(path, f"the subnet {subnet.node.path}", owner, vpc)


def _are_different(one: str, other: str) -> bool:
    if one == other:
        return False
    if not is_token(one) and not is_token(other):
        return True
    first, second = _referred(one), _referred(other)
    return None not in (first, second) and first != second


def _referred(text: str) -> str | None:
    """Return the resource of this app that a token refers to, if any."""
    target = _target(text)
    return None if target is None else reference(target)


def _target(text: str) -> IConstruct | None:
    token = cdk.Tokenization.reverse_string(text).first_token if is_token(text) else None
    if not isinstance(token, cdk.Reference) or isinstance(token.target, cdk.CfnParameter):
        return None
    return token.target


def _named(text: str) -> str:
    target = _target(text)
    return text if target is None else target.node.path.removesuffix("/Resource")
