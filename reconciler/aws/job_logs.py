"""The logs of compilation jobs in CloudWatch Logs: implements JobLogs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reconciler.aws.budget import Budget
from reconciler.aws.errors import coded, lookup
from reconciler.core.job_logs import LOG_GROUP, LogEvent, LogPage

_is_missing = coded("ResourceNotFoundException")


class CloudWatchJobLogs:
    """Reads the streams of the compilation jobs' log group."""

    def __init__(self, client: Any, budget: Budget) -> None:
        self._client = client
        self._budget = budget

    def streams(self, prefix: str) -> list[str] | None:
        """Call DescribeLogStreams, page by page."""
        request = {"logGroupName": LOG_GROUP, "logStreamNamePrefix": prefix}
        names: list[str] = []
        while True:
            answer = lookup(self._budget, _is_missing, self._client.describe_log_streams, **request)
            if answer is None:
                return None
            names += [stream["logStreamName"] for stream in answer.get("logStreams", [])]
            token = answer.get("nextToken")
            if not token or token == request.get("nextToken"):
                return names
            request["nextToken"] = token

    def page(self, stream: str, token: str) -> LogPage:
        """Call GetLogEvents. A stream that was deleted meanwhile has no events."""
        request = {
            "logGroupName": LOG_GROUP, "logStreamName": stream, "startFromHead": True,
            **({"nextToken": token} if token else {}),
        }  # fmt: skip
        answer = lookup(self._budget, _is_missing, self._client.get_log_events, **request)
        if answer is None:
            return LogPage((), token)
        events = tuple(_event(stream, each) for each in answer.get("events", []))
        return LogPage(events, str(answer.get("nextForwardToken") or token))


def _event(stream: str, event: dict[str, Any]) -> LogEvent:
    moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return LogEvent(moment, stream, str(event.get("message", "")))
