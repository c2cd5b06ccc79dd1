"""Notices to people and programs, by SNS and EventBridge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from reconciler.aws.budget import Budget
from reconciler.aws.errors import translated
from reconciler.core.ports import Unavailable

SOURCE: Final = "neo-as-code"
DETAIL_TYPE: Final = "Neo fleet reconciled"
_MOST_SUBJECT: Final = 100  # characters; SNS, Publish


class Notices:
    """Publishes to a topic, puts onto an event bus, or both, or neither."""

    def __init__(
        self,
        budget: Budget,
        sns: Any = None,
        topic_arn: str = "",
        events: Any = None,
        bus_name: str = "",
    ) -> None:
        self._budget = budget
        self._sns, self._topic = sns, topic_arn
        self._events, self._bus = events, bus_name

    def __call__(self, subject: str, detail: Mapping[str, object]) -> None:
        """Send the notice. Raises PortError if it could not be sent."""
        text = json.dumps(detail, ensure_ascii=False)
        if self._topic:
            with translated(self._budget):
                self._sns.publish(
                    TopicArn=self._topic, Subject=subject[:_MOST_SUBJECT], Message=text
                )
        if self._bus:
            entry = {
                "Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": text,
                "EventBusName": self._bus,
            }  # fmt: skip
            with translated(self._budget):
                answer = self._events.put_events(Entries=[entry])
            if answer.get("FailedEntryCount"):
                failed = answer["Entries"][0]
                code = str(failed.get("ErrorCode"))
                raise Unavailable(code, str(failed.get("ErrorMessage")))
