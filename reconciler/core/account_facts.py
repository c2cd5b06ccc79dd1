"""What an account is asked before jobs are created in it: roles, buckets, keys, network, quotas.

For the command line alone. Every method of the port may raise Transient, Denied and Invalid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and when the service says that it is."""

    arn: str
    service_time: datetime | None


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """An IAM role: its ARN, with its path, and its AssumeRolePolicyDocument."""

    arn: str
    trust: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A KMS key: its ARN, KeyState and KeyUsage."""

    arn: str
    state: str
    usage: str


@dataclass(frozen=True, slots=True)
class SubnetFacts:
    """A subnet.

    Attributes:
        free_addresses: AvailableIpAddressCount.
        route_table: The route table that it uses, its own or its VPC's main one; empty if none
            was found.
    """

    id: str
    vpc: str
    free_addresses: int
    route_table: str


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """A VPC's endpoint for S3.

    Attributes:
        route_tables: Those that a gateway endpoint is entered in.
    """

    id: str
    vpc: str
    is_gateway: bool
    state: str
    route_tables: frozenset[str]


@dataclass(frozen=True, slots=True)
class QuotaFacts:
    """A quota of the service."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class LifecycleEvent:
    """What AWS has announced of a service's lifecycle.

    Attributes:
        title: Of what: a service, a version.
        kind: The type of the event: end-of-support, end-of-life.
        date: When it is, if that is known.
    """

    title: str
    kind: str
    date: datetime | None


class AccountFacts(Protocol):
    """One account and region."""

    def caller(self) -> Caller:
        """Return who calls (GetCallerIdentity)."""
        ...

    def role(self, name: str) -> RoleFacts | None:
        """Return a role (GetRole), or None if there is none."""
        ...

    def may_pass_role(self, caller: str, role: str) -> bool:
        """Return whether IAM lets a caller pass a role to SageMaker (SimulatePrincipalPolicy).

        Args:
            caller: The ARN of a user or role.
            role: The ARN of the role.
        """
        ...

    def bucket_region(self, name: str) -> str | None:
        """Return where a bucket is (HeadBucket), or None if there is none."""
        ...

    def key(self, key: str) -> KeyFacts | None:
        """Return a key by its id, alias or ARN (DescribeKey), or None if there is none."""
        ...

    def subnets(self, ids: Sequence[str]) -> list[SubnetFacts]:
        """Return the subnets that exist (DescribeSubnets, DescribeRouteTables)."""
        ...

    def s3_endpoints(self, vpcs: Sequence[str]) -> list[EndpointFacts]:
        """Return the endpoints for S3 in some VPCs (DescribeVpcEndpoints)."""
        ...

    def quotas(self) -> list[QuotaFacts]:
        """Return the quotas about compilation jobs (ListServiceQuotas)."""
        ...

    def lifecycle_events(self) -> list[LifecycleEvent]:
        """Return what AWS has announced of Neo (Health's DescribeServiceLifecycle)."""
        ...
