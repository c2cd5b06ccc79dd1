"""Checks of the network of jobs in a VPC: subnets with room, and a way to S3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.cli.diagnosis.check import Check, checked, failed, passed, warned
from reconciler.core.account_facts import AccountFacts, EndpointFacts, SubnetFacts

_ADDRESSES: Final = 2
"""Private addresses that an instance needs. Source: AWS developer guide, neo-vpc."""


def network_checks(facts: AccountFacts, subnets: tuple[str, ...]) -> Iterator[Check]:
    """Yield the checks of subnets; none if no job runs in a VPC."""
    if subnets:
        about = ", ".join(subnets)
        yield from checked("subnet", about, "ec2:Describe*", lambda: _network(facts, subnets))


def _network(facts: AccountFacts, wanted: tuple[str, ...]) -> Iterator[Check]:
    subnets = facts.subnets(wanted)
    for missing in sorted(set(wanted) - {subnet.id for subnet in subnets}):
        yield failed("subnet", missing, "does not exist", "Create it, or correct Subnets.")
    endpoints = facts.s3_endpoints(sorted({subnet.vpc for subnet in subnets})) if subnets else []
    for subnet in subnets:
        yield _room(subnet)
        yield _way_to_s3(subnet, endpoints)


def _room(subnet: SubnetFacts) -> Check:
    finding = f"{subnet.free_addresses} free addresses"
    if subnet.free_addresses < _ADDRESSES:
        remedy = f"A job needs {_ADDRESSES}: use a larger subnet."
        return failed("subnet", subnet.id, finding, remedy)
    return passed("subnet", subnet.id, finding)


def _way_to_s3(subnet: SubnetFacts, endpoints: Iterable[EndpointFacts]) -> Check:
    """Check the endpoint for S3: a job in a VPC has no internet access of its own."""
    ready = [each for each in endpoints if each.vpc == subnet.vpc and each.state == "available"]
    for endpoint in ready:
        if not endpoint.is_gateway or subnet.route_table in endpoint.route_tables:
            return passed("s3-endpoint", subnet.id, f"{endpoint.id} leads to S3")
    if ready:
        return warned(
            "s3-endpoint", subnet.id,
            f"{ready[0].id} is not in the subnet's route table {subnet.route_table or '(unknown)'}",
            "Associate the endpoint with the subnet's route table.",
        )  # fmt: skip
    return warned(
        "s3-endpoint", subnet.id,
        f"{subnet.vpc} has no endpoint for S3; without another way there, jobs cannot read models",
        "Create an S3 gateway endpoint on the subnet's route table.",
    )  # fmt: skip
