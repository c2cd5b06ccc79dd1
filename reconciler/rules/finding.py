"""What a rule says about a request: one shape for the CLI, the constructs and the Lambda."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs.

    ERROR is only for what the service is known to refuse or to fail.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found, in words for the person who wrote the request.

    Attributes:
        code: The rule's stable code, such as ``NEO101``.
        severity: Whether it stops a deployment.
        path: Where, as a dotted path of the API's own names with list indexes
            (``InputConfig.Framework``, ``VpcConfig.Subnets[3]``); empty for the whole request.
        message: What is wrong, one sentence.
        got: What was written there.
        allowed: What may stand there.
        hint: What to do next.
    """

    code: str
    severity: Severity
    path: str
    message: str
    got: str = ""
    allowed: str = ""
    hint: str = ""
