"""The S3 gateway endpoint of jobs in a VPC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from constructs import Construct, IConstruct

from neo_constructs.network.subnets import ChosenSubnets, route_table_of
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import reference

# VPCs that have the aspect, and endpoints by subnet where CDK does not show them.
_watched: dict[str, _Watch] = {}
_noted: dict[str, dict[str, ec2.IGatewayVpcEndpoint]] = {}


def note_endpoint(
    vpc: ec2.IVpc, subnet_ids: Sequence[str], endpoint: ec2.IGatewayVpcEndpoint
) -> None:
    """Remember the endpoint, made or imported, of these subnets."""
    _noted.setdefault(reference(vpc), {}).update(dict.fromkeys(subnet_ids, endpoint))


def noted_endpoints(vpc: ec2.IVpc, subnet_ids: Sequence[str]) -> list[ec2.IGatewayVpcEndpoint]:
    """Return the endpoints noted for these subnets, each once."""
    noted = _noted.get(reference(vpc), {})
    found = {reference(noted[each]): noted[each] for each in subnet_ids if each in noted}
    return list(found.values())


def endpoint_of(
    scope: Construct, vpc: ec2.IVpc, chosen: ChosenSubnets
) -> ec2.IGatewayVpcEndpoint | None:
    """Return the app's endpoint that serves these subnets; a route table takes only one.

    Raises ConstructError for one that serves some of them.
    """
    noted = noted_endpoints(vpc, chosen.ids)
    if len(noted) == 1 and set(chosen.ids) <= set(_noted[reference(vpc)]):
        return noted[0]
    tables = {route_table_of(subnet) for subnet in chosen.subnets}
    for endpoint, served in _endpoints({reference(s): s for s in map(cdk.Stack.of, (vpc, scope))}):
        if tables <= served:
            return endpoint
        if tables & served:
            raise ConstructError(
                scope.node.path,
                f"the S3 endpoint {endpoint.node.path} serves only some of the subnets, and a "
                "route table takes only one: make it for the others too (its subnets=...), or "
                "select only those that it serves with vpc_subnets=ec2.SubnetSelection(...)",
            )
    return None


def _endpoints(
    stacks: Mapping[str, cdk.Stack],
) -> Iterator[tuple[ec2.GatewayVpcEndpoint, set[str | None]]]:
    """Yield S3's gateway endpoints in these stacks, with their route tables."""
    for stack in stacks.values():
        for child in stack.node.find_all():
            if isinstance(child, ec2.GatewayVpcEndpoint):
                resource = child.node.default_child
                assert isinstance(resource, ec2.CfnVPCEndpoint)
                if _is_s3(resource):
                    yield child, set(resource.route_table_ids or ())


def watch(vpc: ec2.IVpc, chosen: ChosenSubnets) -> None:
    """Warn of a VPC of this app, at synthesis, if jobs in these subnets have no endpoint.

    The endpoints of an imported VPC are unknown.
    """
    if not isinstance(vpc, ec2.Vpc):
        return
    known = _watched.get(reference(vpc))
    if known is None:
        known = _watched[reference(vpc)] = _Watch(vpc)
        resource = vpc.node.default_child
        assert resource is not None
        cdk.Aspects.of(resource).add(known)  # one node: an aspect costs a call for each
    if all(each is not chosen for each in known.chosen):
        known.chosen.append(chosen)


@jsii.implements(cdk.IAspect)
class _Watch:
    def __init__(self, vpc: ec2.Vpc) -> None:
        self._vpc = vpc
        self.chosen: list[ChosenSubnets] = []

    def visit(self, _node: IConstruct) -> None:
        """Warn of the subnets whose route tables no S3 endpoint of the app serves."""
        alone = self._unserved(self._vpc)
        if alone and (alone := self._unserved(self._vpc.node.root)):  # which may be large
            cdk.Annotations.of(self._vpc).add_warning_v2(_WARNING, (
                f"compilation jobs are in {', '.join(sorted(alone))}, where no S3 gateway endpoint "
                "is: they reach models and outputs only as far as a NAT gateway lets them. Add one "
                "with CompilationNetwork, or vpc.add_gateway_endpoint(...)"
            ))  # fmt: skip

    def _unserved(self, scope: IConstruct) -> set[str]:
        """Return the jobs' subnets that no endpoint below this scope serves."""
        noted = _noted.get(reference(self._vpc), {})
        tables: set[str | None] = set()
        for child in scope.node.find_all():
            if isinstance(child, ec2.CfnVPCEndpoint) and _is_s3(child):
                if child.route_table_ids is None and child.vpc_id == self._vpc.vpc_id:
                    return set()  # an interface endpoint, which all of the VPC may reach
                tables.update(child.route_table_ids or ())
        return {
            subnet.node.path
            for chosen in self.chosen
            for subnet in chosen.subnets
            if subnet.subnet_id not in noted and route_table_of(subnet) not in tables
        }


_WARNING: Final = "neo:noS3Endpoint"


def _is_s3(endpoint: ec2.CfnVPCEndpoint) -> bool:
    name = cdk.Stack.of(endpoint).resolve(endpoint.service_name)
    last = name["Fn::Join"][1][-1] if isinstance(name, dict) and "Fn::Join" in name else name
    return str(last).endswith(".s3")
