"""CloudTrail's event history, on botocore's own client with the answers put in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from reconciler.aws.budget import Budget
from reconciler.aws.event_history import PAGE_SIZE, CloudTrailHistory
from reconciler.aws.rate import RateLimit
from reconciler.core.ports import Denied, Throttled

MOMENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
EVE = "arn:aws:sts::111122223333:assumed-role/Admin/eve"


def event(operation: str, resource: str | None, **details: Any) -> dict[str, Any]:
    content = {
        "userIdentity": {"type": "AssumedRole", "arn": EVE},
        "requestParameters": {"compilationJobName": "job-1"},
        **details,
    }
    return {
        "EventName": operation, "EventTime": MOMENT, "Username": "eve",
        "CloudTrailEvent": json.dumps(content),
        **({"Resources": [{"ResourceName": resource}]} if resource else {}),
    }  # fmt: skip


def client() -> Any:
    return botocore.session.Session().create_client(
        "cloudtrail", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


def history(over: Any) -> CloudTrailHistory:
    return CloudTrailHistory(over, Budget(), RateLimit(2, pause=lambda seconds: None))


def request(attribute: str, value: str, token: str | None = None) -> dict[str, Any]:
    return {
        "LookupAttributes": [{"AttributeKey": attribute, "AttributeValue": value}],
        "MaxResults": PAGE_SIZE, **({"NextToken": token} if token else {}),
    }  # fmt: skip


def test_the_calls_about_a_resource_come_from_every_page_without_those_that_failed() -> None:
    over = client()
    with Stubber(over) as stub:
        failed = event("StopCompilationJob", "job-1", errorCode="AccessDenied")
        first = {"Events": [event("StopCompilationJob", "job-1"), failed], "NextToken": "more"}
        stub.add_response("lookup_events", first, request("ResourceName", "job-1"))
        stub.add_response(
            "lookup_events", {"Events": [event("AddTags", None)]},
            request("ResourceName", "job-1", "more"),
        )  # fmt: skip
        found = history(over).about("job-1")
    assert [(call.operation, call.who, call.time) for call in found] == [
        ("StopCompilationJob", EVE, MOMENT), ("AddTags", EVE, MOMENT),
    ]  # fmt: skip
    assert all("job-1" in call.about for call in found)


def test_the_calls_of_an_operation_are_looked_up_by_its_name() -> None:
    over = client()
    with Stubber(over) as stub:
        stub.add_response("lookup_events", {"Events": []}, request("EventName", "AddTags"))
        assert history(over).of("AddTags") == []


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"userIdentity": null}'])
def test_an_event_without_details_names_who_it_can(content: str) -> None:
    over = client()
    with Stubber(over) as stub:
        plain = {"EventName": "AddTags", "EventTime": MOMENT, "Username": "eve",
                 "CloudTrailEvent": content}  # fmt: skip
        stub.add_response("lookup_events", {"Events": [plain]}, request("EventName", "AddTags"))
        (call,) = history(over).of("AddTags")
    assert (call.who, call.about) == ("eve", frozenset())


@pytest.mark.parametrize(
    ("code", "error"), [("AccessDeniedException", Denied), ("ThrottlingException", Throttled)]
)
def test_errors_are_the_ports_errors(code: str, error: type[Exception]) -> None:
    over = client()
    with Stubber(over) as stub:
        stub.add_client_error("lookup_events", code, "no")
        with pytest.raises(error):
            history(over).about("job-1")
