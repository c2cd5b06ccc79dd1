"""Clients of services with all their operations, for the command line alone."""

from __future__ import annotations

import pytest

from reconciler.aws.access import Access
from reconciler.aws.account import complete_clients, home_region


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("logs", "GetLogEvents"),
        ("s3", "HeadBucket"),
        ("cloudformation", "GetTemplate"),
        ("health", "DescribeServiceLifecycle"),
        ("service-quotas", "ListServiceQuotas"),
    ],
)
def test_a_client_is_made_once_and_has_every_operation(service: str, operation: str) -> None:
    client = complete_clients(Access(region="eu-west-1"))
    assert operation in client(service).meta.service_model.operation_names
    assert client(service) is client(service)


@pytest.mark.parametrize(
    ("region", "home"),
    [
        ("eu-west-1", "us-east-1"),
        ("cn-north-1", "cn-northwest-1"),
        ("us-gov-east-1", "us-gov-west-1"),
    ],
)
def test_global_services_are_called_in_their_partitions_home(region: str, home: str) -> None:
    assert home_region(region) == home
