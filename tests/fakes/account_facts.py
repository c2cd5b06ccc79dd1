"""An in-memory account as AccountFacts shows it: what tests put there, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from reconciler.core.account_facts import (
    Caller,
    EndpointFacts,
    KeyFacts,
    LifecycleEvent,
    QuotaFacts,
    RoleFacts,
    SubnetFacts,
)
from tests.fakes.gateway import Answer, Travel, at_once, port_error
from tests.fakes.sagemaker import ACCOUNT, ApiError

TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@dataclass(slots=True)
class FakeAccountFacts:
    """Roles, buckets, keys and the network of one account.

    Attributes:
        skew: How far the service's clock is ahead.
        passable: Pairs of principal and role that IAM allows.
        buckets: The region of each bucket.
    """

    now: Callable[[], datetime]
    travel: Travel = at_once
    arn: str = f"arn:aws:iam::{ACCOUNT}:user/ci"
    skew: timedelta | None = timedelta(0)
    roles: dict[str, RoleFacts] = field(default_factory=dict)
    passable: set[tuple[str, str]] = field(default_factory=set)
    buckets: dict[str, str] = field(default_factory=dict)
    keys: dict[str, KeyFacts] = field(default_factory=dict)
    network: list[SubnetFacts] = field(default_factory=list)
    endpoints: list[EndpointFacts] = field(default_factory=list)
    limits: list[QuotaFacts] = field(default_factory=list)
    announced: list[LifecycleEvent] = field(default_factory=list)

    def caller(self) -> Caller:
        time = None if self.skew is None else self.now() + self.skew
        return self._call("GetCallerIdentity", lambda: Caller(self.arn, time))

    def role(self, name: str) -> RoleFacts | None:
        return self._call("GetRole", lambda: self.roles.get(name))

    def may_pass_role(self, caller: str, role: str) -> bool:
        return self._call("SimulatePrincipalPolicy", lambda: (caller, role) in self.passable)

    def bucket_region(self, name: str) -> str | None:
        return self._call("HeadBucket", lambda: self.buckets.get(name))

    def key(self, key: str) -> KeyFacts | None:
        return self._call("DescribeKey", lambda: self.keys.get(key))

    def subnets(self, ids: Sequence[str]) -> list[SubnetFacts]:
        found = [each for each in self.network if each.id in ids]
        return self._call("DescribeSubnets", lambda: found)

    def s3_endpoints(self, vpcs: Sequence[str]) -> list[EndpointFacts]:
        found = [each for each in self.endpoints if each.vpc in vpcs]
        return self._call("DescribeVpcEndpoints", lambda: found)

    def quotas(self) -> list[QuotaFacts]:
        return self._call("ListServiceQuotas", lambda: self.limits)

    def lifecycle_events(self) -> list[LifecycleEvent]:
        return self._call("DescribeServiceLifecycle", lambda: self.announced)

    def _call(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        try:
            return self.travel(operation, commit)
        except ApiError as error:
            raise port_error(error) from error
