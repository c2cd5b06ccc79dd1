"""What an account is asked, on clients that answer from a script."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.aws.account_facts import AwsAccountFacts
from reconciler.aws.budget import Budget
from reconciler.core.account_facts import (
    Caller,
    EndpointFacts,
    KeyFacts,
    LifecycleEvent,
    QuotaFacts,
    RoleFacts,
    SubnetFacts,
)
from reconciler.core.ports import Denied
from tests.unit.aws.test_errors import client_error
from tests.unit.aws.test_sagemaker import Scripted

DENIED = client_error("AccessDenied", "no")


class Paged(Scripted):
    """A client whose paginators yield what the test wrote down."""

    def get_paginator(self, operation: str) -> Any:
        client = self

        class Paginator:
            def paginate(self, **request: object) -> Any:
                return getattr(client, operation)(**request)

        return Paginator()


def facts(**clients: Scripted) -> AwsAccountFacts:
    named = {name.replace("_", "-"): client for name, client in clients.items()}
    return AwsAccountFacts(named.__getitem__, named.__getitem__, Budget(), "eu-west-1")


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Sat, 21 Nov 2026 10:00:00 GMT", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("", None),
        ("soon", None),
    ],
)
def test_the_callers_answer_tells_the_time(date: str, moment: datetime | None) -> None:
    answer = {"Arn": "arn", "ResponseMetadata": {"HTTPHeaders": {"date": date}}}
    client = Scripted(get_caller_identity=[answer])
    assert facts(sts=client).caller() == Caller("arn", moment)


def test_roles_and_keys_that_do_not_exist_are_none() -> None:
    trust: dict[str, Any] = {"Statement": []}
    iam = Scripted(
        get_role=[
            {"Role": {"Arn": "arn", "AssumeRolePolicyDocument": trust}},
            client_error("NoSuchEntity", "no role"),
            DENIED,
        ]
    )
    asked = facts(iam=iam)
    assert asked.role("r") == RoleFacts("arn", trust)
    assert asked.role("r") is None
    with pytest.raises(Denied):
        asked.role("r")
    found = {"KeyMetadata": {"Arn": "arn", "KeyState": "Enabled", "KeyUsage": "SIGN_VERIFY"}}
    kms = Scripted(describe_key=[found, client_error("NotFoundException", "no key")])
    assert facts(kms=kms).key("k") == KeyFacts("arn", "Enabled", "SIGN_VERIFY")
    assert facts(kms=kms).key("k") is None


@pytest.mark.parametrize(
    ("decisions", "allowed"), [(["allowed"], True), (["implicitDeny"], False), ([], False)]
)
def test_passing_a_role_is_simulated_for_sagemaker(decisions: list[str], allowed: bool) -> None:
    results = {"EvaluationResults": [{"EvalDecision": each} for each in decisions]}
    iam = Scripted(simulate_principal_policy=[results])
    assert facts(iam=iam).may_pass_role("caller", "role") is allowed
    [(_, request)] = iam.calls
    assert request["ContextEntries"][0]["ContextKeyValues"] == ["sagemaker.amazonaws.com"]


def test_a_bucket_tells_its_region_in_the_body_or_in_a_header() -> None:
    header = {"ResponseMetadata": {"HTTPHeaders": {"x-amz-bucket-region": "eu-west-2"}}}
    s3 = Scripted(
        head_bucket=[
            {"BucketRegion": "eu-west-1"},
            header,
            {},
            client_error("404", "no", 404),
            DENIED,
        ]
    )
    asked = facts(s3=s3)
    assert [asked.bucket_region("b") for _ in range(4)] == ["eu-west-1", "eu-west-2", "", None]
    with pytest.raises(Denied):
        asked.bucket_region("b")


def test_a_subnet_uses_its_own_route_table_or_its_vpcs() -> None:
    subnets = [
        {"SubnetId": "own", "VpcId": "v", "AvailableIpAddressCount": 5},
        {"SubnetId": "main", "VpcId": "v", "AvailableIpAddressCount": 6},
    ]
    tables = [
        {"RouteTableId": "t1", "VpcId": "v", "Associations": [{"Main": True}]},
        {"RouteTableId": "t2", "VpcId": "v", "Associations": [{"SubnetId": "own", "Main": False}]},
    ]
    ec2 = Paged(
        describe_subnets=[[{"Subnets": subnets}], [{}]],
        describe_route_tables=[[{"RouteTables": tables[:1]}, {"RouteTables": tables[1:]}]],
    )
    asked = facts(ec2=ec2)
    assert asked.subnets(["own", "main"]) == [
        SubnetFacts("own", "v", 5, "t2"),
        SubnetFacts("main", "v", 6, "t1"),
    ]
    assert asked.subnets(["none"]) == []


def test_endpoints_and_quotas_are_read_to_the_last_page() -> None:
    gateway = {
        "VpcEndpointId": "e", "VpcId": "v", "VpcEndpointType": "Gateway", "State": "available",
        "RouteTableIds": ["t"],
    }  # fmt: skip
    interface = {
        "VpcEndpointId": "f",
        "VpcId": "v",
        "VpcEndpointType": "Interface",
        "State": "pending",
    }
    ec2 = Paged(
        describe_vpc_endpoints=[[{"VpcEndpoints": [gateway]}, {"VpcEndpoints": [interface]}]]
    )
    assert facts(ec2=ec2).s3_endpoints(["v"]) == [
        EndpointFacts("e", "v", True, "available", frozenset({"t"})),
        EndpointFacts("f", "v", False, "pending", frozenset()),
    ]
    assert ec2.calls[0][1]["Filters"][1]["Values"] == ["com.amazonaws.eu-west-1.s3"]
    quotas = Paged(
        list_service_quotas=[
            [{"Quotas": [{"QuotaName": "Number of compilation jobs", "Value": 4.0}]},
             {"Quotas": [{"QuotaName": "Other", "Value": 1.0}]}],
        ]
    )  # fmt: skip
    assert facts(service_quotas=quotas).quotas() == [QuotaFacts("Number of compilation jobs", 4.0)]


def test_lifecycle_events_are_those_of_neo_from_every_page() -> None:
    moment = datetime(2027, 7, 6, tzinfo=UTC)
    event = {"lifecycleEventType": "end-of-support", "date": moment}
    undated = {"lifecycleEventType": "end-of-life"}
    neo = {"service": "SAGEMAKER", "title": "SageMaker Neo", "lifecycleEvents": [event, undated]}
    others = [
        {"service": "SAGEMAKER", "title": "Neon notebooks", "lifecycleEvents": [event]},
        {"service": "NEO4J", "title": "compilation", "lifecycleEvents": [event]},
        {"service": "SAGEMAKER", "title": "Compilation jobs"},
    ]
    health = Scripted(
        describe_service_lifecycle=[
            {"serviceLifecycles": others, "nextToken": "t"},
            {"serviceLifecycles": [neo]},
        ]
    )
    assert facts(health=health).lifecycle_events() == [
        LifecycleEvent("SageMaker Neo", "end-of-support", moment),
        LifecycleEvent("SageMaker Neo", "end-of-life", None),
    ]
    assert [request for _, request in health.calls] == [{}, {"nextToken": "t"}]
