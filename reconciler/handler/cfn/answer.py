"""Answers that fit: CloudFormation refuses a response of more than 4096 bytes, and then the real
reason is lost. Room is left for what the Provider adds (ids, a log group's name).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from reconciler.core.metric_names import REFUSED

MAX_REASON_BYTES: Final = 2500
MAX_DATA_BYTES: Final = 2800
_ELLIPSIS: Final = "…"


class ResourceFailed(Exception):
    """The resource has failed for good; the text is the reason that CloudFormation shows.

    Attributes:
        kind: The class of the failure, for metrics; empty where the resource has not failed.
    """

    def __init__(self, reason: str, kind: str = REFUSED) -> None:
        self.kind = kind
        super().__init__(fit_reason(reason))


def fit_reason(reason: str) -> str:
    """Shorten a reason to 2,500 bytes as JSON; the middle of a longer one is left out.

    Its beginning names the job and the error, its end says what to do.
    """
    if _size(reason) <= MAX_REASON_BYTES:
        return reason
    keep = len(reason)
    while _size(short := _without_middle(reason, keep)) > MAX_REASON_BYTES:
        keep -= max(1, keep // 20)
    return short


def fit_data(data: Mapping[str, str]) -> dict[str, str]:
    """Shorten attributes to 2,800 bytes as JSON: the longest values are emptied until they fit."""
    fitted = dict(data)
    while _size(fitted) > MAX_DATA_BYTES and any(fitted.values()):
        fitted[max(fitted, key=lambda key: len(fitted[key]))] = ""
    return fitted


def _without_middle(text: str, keep: int) -> str:
    head = keep * 3 // 4
    return text[:head] + _ELLIPSIS + text[len(text) - (keep - head) :]


def _size(value: object) -> int:
    return len(json.dumps(value).encode("utf-8"))
