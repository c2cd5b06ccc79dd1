"""What an account is asked before jobs are created in it: implements AccountFacts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from reconciler.aws.budget import Budget
from reconciler.aws.errors import coded, lookup, translated
from reconciler.core.account_facts import (
    Caller,
    EndpointFacts,
    KeyFacts,
    LifecycleEvent,
    QuotaFacts,
    RoleFacts,
    SubnetFacts,
)

_SERVICE: Final = "sagemaker.amazonaws.com"
_REGION_HEADER: Final = "x-amz-bucket-region"
_NEO: Final = re.compile(r"\bneo\b|compilation", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AwsAccountFacts:
    """Asks IAM, S3, KMS, EC2, STS and Service Quotas.

    Attributes:
        client: Makes a client of a service with all its operations.
        home_client: The same, in the region where the partition's global services are called.
    """

    client: Callable[[str], Any]
    home_client: Callable[[str], Any]
    budget: Budget
    region: str

    def caller(self) -> Caller:
        """Call GetCallerIdentity; the time is the answer's Date."""
        with translated(self.budget):
            answer = self.client("sts").get_caller_identity()
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return Caller(str(answer["Arn"]), _moment(headers.get("date", "")))

    def role(self, name: str) -> RoleFacts | None:
        """Call GetRole."""
        get_role = self.client("iam").get_role
        answer = lookup(self.budget, coded("NoSuchEntity"), get_role, RoleName=name)
        if answer is None:
            return None
        role = answer["Role"]
        return RoleFacts(role["Arn"], role.get("AssumeRolePolicyDocument") or {})

    def may_pass_role(self, caller: str, role: str) -> bool:
        """Call SimulatePrincipalPolicy."""
        with translated(self.budget):
            answer = self.client("iam").simulate_principal_policy(
                PolicySourceArn=caller,
                ActionNames=["iam:PassRole"],
                ResourceArns=[role],
                ContextEntries=[
                    {
                        "ContextKeyName": "iam:PassedToService",
                        "ContextKeyValues": [_SERVICE],
                        "ContextKeyType": "string",
                    }
                ],
            )
        results = answer["EvaluationResults"]
        return bool(results) and all(each["EvalDecision"] == "allowed" for each in results)

    def bucket_region(self, name: str) -> str | None:
        """Call HeadBucket; the region is in its body, or with older S3 servers in a header."""
        is_missing = coded("404", "NoSuchBucket", "NotFound")
        answer = lookup(self.budget, is_missing, self.client("s3").head_bucket, Bucket=name)
        if answer is None:
            return None
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return str(answer.get("BucketRegion") or headers.get(_REGION_HEADER) or "")

    def key(self, key: str) -> KeyFacts | None:
        """Call DescribeKey."""
        describe_key = self.client("kms").describe_key
        answer = lookup(self.budget, coded("NotFoundException"), describe_key, KeyId=key)
        if answer is None:
            return None
        metadata = answer["KeyMetadata"]
        return KeyFacts(metadata["Arn"], metadata["KeyState"], metadata.get("KeyUsage", ""))

    def subnets(self, ids: Sequence[str]) -> list[SubnetFacts]:
        """Call DescribeSubnets by filter, which leaves out what does not exist, and the tables."""
        asked = [{"Name": "subnet-id", "Values": list(ids)}]
        found = list(self._pages("ec2", "describe_subnets", "Subnets", Filters=asked))
        vpcs = [{"Name": "vpc-id", "Values": sorted({each["VpcId"] for each in found})}]
        tables = (
            list(self._pages("ec2", "describe_route_tables", "RouteTables", Filters=vpcs))
            if found
            else []
        )
        used = dict(_route_tables(tables))
        return [
            SubnetFacts(
                each["SubnetId"], each["VpcId"], int(each.get("AvailableIpAddressCount", 0)),
                used.get(each["SubnetId"]) or used.get(each["VpcId"]) or "",
            )
            for each in found
        ]  # fmt: skip

    def s3_endpoints(self, vpcs: Sequence[str]) -> list[EndpointFacts]:
        """Call DescribeVpcEndpoints."""
        asked = [
            {"Name": "vpc-id", "Values": list(vpcs)},
            {"Name": "service-name", "Values": [f"com.amazonaws.{self.region}.s3"]},
        ]
        found = self._pages("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=asked)
        return [
            EndpointFacts(
                each["VpcEndpointId"], each["VpcId"], each["VpcEndpointType"] == "Gateway",
                each["State"], frozenset(each.get("RouteTableIds", ())),
            )
            for each in found
        ]  # fmt: skip

    def quotas(self) -> list[QuotaFacts]:
        """Call ListServiceQuotas."""
        found = self._pages(
            "service-quotas", "list_service_quotas", "Quotas", ServiceCode="sagemaker"
        )
        return [
            QuotaFacts(each["QuotaName"], float(each["Value"]))
            for each in found
            if "compilation" in each["QuotaName"].lower()
        ]

    def lifecycle_events(self) -> list[LifecycleEvent]:
        """Call DescribeServiceLifecycle, page by page."""
        found: list[LifecycleEvent] = []
        request: dict[str, str] = {}
        while True:
            with translated(self.budget):
                answer = self.home_client("health").describe_service_lifecycle(**request)
            for lifecycle in filter(_is_of_neo, answer.get("serviceLifecycles", ())):
                found += _events(lifecycle)
            token = answer.get("nextToken")
            if not token or token == request.get("nextToken"):
                return found
            request["nextToken"] = token

    def _pages(
        self, service: str, operation: str, key: str, **request: object
    ) -> Iterator[dict[str, Any]]:
        with translated(self.budget):
            for page in self.client(service).get_paginator(operation).paginate(**request):
                yield from page.get(key, ())


def _route_tables(tables: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the table of each subnet that has its own, and the main one of each VPC."""
    for table in tables:
        for association in table.get("Associations", ()):
            if association.get("SubnetId"):
                yield association["SubnetId"], table["RouteTableId"]
            elif association.get("Main"):
                yield table["VpcId"], table["RouteTableId"]


def _is_of_neo(lifecycle: Mapping[str, Any]) -> bool:
    """Return whether a lifecycle is of Neo; how Health names the service is not documented."""
    named = " ".join(str(lifecycle.get(key, "")) for key in ("service", "title", "version"))
    return "sagemaker" in named.lower() and bool(_NEO.search(named))


def _events(lifecycle: Mapping[str, Any]) -> Iterator[LifecycleEvent]:
    for event in lifecycle.get("lifecycleEvents", ()):
        kind, date = str(event.get("lifecycleEventType", "")), event.get("date")
        title = str(lifecycle.get("title") or lifecycle.get("service") or "")
        yield LifecycleEvent(title, kind, date and date.astimezone(UTC))


def _moment(date: str) -> datetime | None:
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return None
