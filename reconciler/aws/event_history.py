"""CloudTrail's event history: implements EventHistory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any, Final

from reconciler.aws.budget import Budget
from reconciler.aws.errors import translated
from reconciler.aws.rate import RateLimit
from reconciler.core.event_history import ApiCall

# LookupEvents: two requests a second per account and region, which AWS does not raise; at most
# 50 events a page, newest first.
LOOKUPS_PER_SECOND: Final = 2.0
PAGE_SIZE: Final = 50
MAX_PAGES: Final = 20


class CloudTrailHistory:
    """The event history of one account and region, through a botocore client."""

    def __init__(self, client: Any, budget: Budget, rate: RateLimit | None = None) -> None:
        self._client = client
        self._budget = budget
        self._rate = rate or RateLimit(LOOKUPS_PER_SECOND)

    def about(self, resource: str) -> list[ApiCall]:
        """Look events up by ResourceName."""
        return list(self._calls("ResourceName", resource))

    def of(self, operation: str) -> list[ApiCall]:
        """Look events up by EventName: at most 1,000."""
        return list(self._calls("EventName", operation))

    def _calls(self, attribute: str, value: str) -> Iterator[ApiCall]:
        request: dict[str, object] = {
            "LookupAttributes": [{"AttributeKey": attribute, "AttributeValue": value}],
            "MaxResults": PAGE_SIZE,
        }
        for _ in range(MAX_PAGES):
            with translated(self._budget):
                self._rate.wait()
                answer = self._client.lookup_events(**request)
            for event in answer.get("Events", []):
                details = _details(event)
                if not details.get("errorCode"):
                    yield _call(event, details)
            token = answer.get("NextToken")
            if not token or token == request.get("NextToken"):
                return
            request["NextToken"] = token


def _details(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return CloudTrailEvent, which is JSON in a string."""
    try:
        details = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return {}
    return details if isinstance(details, dict) else {}


def _call(event: Mapping[str, Any], details: Mapping[str, Any]) -> ApiCall:
    caller = _map(details.get("userIdentity"))
    who = caller.get("arn") or caller.get("invokedBy") or event.get("Username") or "unknown"
    parameters = _map(details.get("requestParameters")).values()
    named = [each.get("ResourceName") for each in event.get("Resources") or []]
    about = frozenset(each for each in (*named, *parameters) if isinstance(each, str))
    moment = event["EventTime"].astimezone(UTC)
    return ApiCall(moment, str(event.get("EventName")), str(who), about)


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
