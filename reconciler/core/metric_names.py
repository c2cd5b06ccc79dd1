"""What metrics are called, wherever they are written or asked for."""

from __future__ import annotations

import re
from typing import Final

NAMESPACE: Final = "NeoAsCode"

# A job's resource may fail for what happened to the job (FailureKind), and for these besides.
REFUSED: Final = "refused"  # the request, by our rules, the organisation's policy or the service
CONFLICT: Final = "conflict"  # a job that is not ours has the name
DEADLINE: Final = "deadline"  # not done in time

_MOST: Final = 255
_FORBIDDEN: Final = re.compile(r"[^\x20-\x7e]")


def dimension(text: str) -> str:
    """A text as a dimension's value: printable ASCII, at most 255 characters, not begun by ":".

    CloudWatch refuses others. Two texts that differ only elsewhere are told as one.
    """
    return _FORBIDDEN.sub("?", text).lstrip(": ")[:_MOST].rstrip() or "?"


def stack_name(stack_id: str) -> str:
    """The name in a stack's ARN."""
    return stack_id.split("/")[1]
