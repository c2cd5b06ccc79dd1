"""The logs of jobs on a client that answers from a script."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.aws.budget import Budget
from reconciler.aws.job_logs import CloudWatchJobLogs
from reconciler.core.job_logs import LOG_GROUP, LogEvent, LogPage
from reconciler.core.ports import Denied, Throttled
from tests.unit.aws.test_errors import client_error
from tests.unit.aws.test_sagemaker import Scripted

MISSING = client_error("ResourceNotFoundException", "The specified log group does not exist.")


def test_streams_are_listed_to_the_last_page() -> None:
    client = Scripted(
        describe_log_streams=[
            {"logStreams": [{"logStreamName": "a"}], "nextToken": "t"},
            {"logStreams": [{"logStreamName": "a/b"}]},
        ]
    )
    assert CloudWatchJobLogs(client, Budget()).streams("a") == ["a", "a/b"]
    asked = {"logGroupName": LOG_GROUP, "logStreamNamePrefix": "a"}
    assert [call[1] for call in client.calls] == [asked, {**asked, "nextToken": "t"}]


def test_a_group_that_does_not_exist_is_none() -> None:
    logs = CloudWatchJobLogs(Scripted(describe_log_streams=[MISSING]), Budget())
    assert logs.streams("a") is None


def test_a_page_is_read_from_the_beginning_and_then_from_its_token() -> None:
    events = [{"timestamp": 1_700_000_000_123, "message": "m", "ingestionTime": 1}]
    client = Scripted(
        get_log_events=[
            {"events": events, "nextForwardToken": "f/1"},
            {"events": [], "nextForwardToken": "f/1"},
            MISSING,
        ]
    )
    logs = CloudWatchJobLogs(client, Budget())
    moment = datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)
    assert logs.page("a", "") == LogPage((LogEvent(moment, "a", "m"),), "f/1")
    assert logs.page("a", "f/1") == LogPage((), "f/1")
    assert logs.page("a", "f/1") == LogPage((), "f/1")
    first, second = client.calls[0][1], client.calls[1][1]
    assert first == {"logGroupName": LOG_GROUP, "logStreamName": "a", "startFromHead": True}
    assert second == {**first, "nextToken": "f/1"}


@pytest.mark.parametrize(
    ("code", "error"), [("AccessDeniedException", Denied), ("ThrottlingException", Throttled)]
)
def test_other_errors_are_those_of_ports(code: str, error: type[Exception]) -> None:
    failing = client_error(code, "no")
    logs = CloudWatchJobLogs(
        Scripted(describe_log_streams=[failing], get_log_events=[failing]), Budget()
    )
    with pytest.raises(error):
        logs.streams("a")
    with pytest.raises(error):
        logs.page("a", "")
