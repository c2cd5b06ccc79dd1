"""A job's network, looked up as the service does it: in EC2, with the job's role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NO_ENDPOINT = (
    "ClientError: Please ensure that the subnet's route table has a route to an S3 VPC endpoint"
)


class UnusableNetwork(Exception):
    """A network in which no job can run; the text is the job's FailureReason."""


@dataclass(frozen=True, slots=True)
class WayToS3:
    """How a job's requests reach S3: its VPC, and the endpoint of S3 there."""

    vpc: str
    endpoint: str


def way_to_s3(ec2: Any, region: str, network: Mapping[str, Any]) -> WayToS3:  # noqa: ANN401 - boto3's
    """Return how a job in this network reaches S3: it has no other way out of its subnets.

    Raises UnusableNetwork, and ClientError for what does not exist or the role may not see.
    """
    subnets = ec2.describe_subnets(SubnetIds=network["Subnets"])["Subnets"]
    groups = ec2.describe_security_groups(GroupIds=network["SecurityGroupIds"])["SecurityGroups"]
    vpc, *others = sorted({one["VpcId"] for one in (*subnets, *groups)})
    if others:
        raise UnusableNetwork(
            "ClientError: The subnets and security groups are not all of one VPC: "
            + ", ".join([vpc, *others])
        )
    wanted = (f"com.amazonaws.{region}.s3", vpc)
    for endpoint in ec2.describe_vpc_endpoints()["VpcEndpoints"]:
        if (endpoint["ServiceName"], endpoint["VpcId"]) == wanted:
            return WayToS3(vpc, endpoint["VpcEndpointId"])
    raise UnusableNetwork(NO_ENDPOINT)
