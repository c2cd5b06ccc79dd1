"""What a rule reports about a request: one shape for the CLI, the constructs and the Lambda."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_MAX_QUOTED: Final = 120


class Severity(StrEnum):
    """How much a finding weighs.

    ERROR is only for what the service is known to refuse or to fail.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation of a rule, in words for the person who wrote the request.

    Attributes:
        code: The rule's stable code, such as ``NEO410``.
        slug: The rule's name, such as ``unknown-compiler-option``.
        severity: Whether it stops a deployment.
        path: Where, as a dotted path of the API's own names with list indexes
            (``InputConfig.Framework``, ``VpcConfig.Subnets[3]``); empty for the whole request.
        message: What is wrong, one sentence.
        got: What was written there.
        allowed: What may stand there.
        hint: What to do next.
    """

    code: str
    slug: str
    severity: Severity
    path: str
    message: str
    got: str = ""
    allowed: str = ""
    hint: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong, what was got and what is allowed, without a full stop."""
        got = f" (got {self.got})" if self.got else ""
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"{self.message}{got}{allowed}"

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        return f"{place}{self.sentence}." + (f" {self.hint}" if self.hint else "")


def quoted(value: object) -> str:
    """Return a value for a message: text in quotes, cut to 120 characters."""
    text = repr(value)
    return text if len(text) <= _MAX_QUOTED else text[: _MAX_QUOTED - 1] + "…"
