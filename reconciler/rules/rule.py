"""A rule: its stable code, how much it weighs, what it is about.

The long explanation of each rule is a page of its own (``neoctl explain NEO204``), kept with the
command line so that it is no part of what a Lambda carries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reconciler.rules.finding import Finding, Severity

_MAX_SHOWN: Final = 1000


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is checked.

    Attributes:
        code: Stable for ever: a retired code is not given to another rule.
        severity: ERROR only for what the service is known to refuse or to fail.
        title: What the rule demands, in a few words.
    """

    code: str
    severity: Severity
    title: str

    def at(
        self, path: str, message: str, *, got: str = "", allowed: str = "", hint: str = ""
    ) -> Finding:
        """A finding of this rule at a wire path. Long values are cut."""
        return Finding(self.code, self.severity, path, message, _cut(got), _cut(allowed), hint)


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def error(code: str, title: str) -> Rule:
    """A rule about what the service is known to refuse or to fail."""
    return Rule(code, Severity.ERROR, title)


def warning(code: str, title: str) -> Rule:
    """A rule about what is likely to fail, or to surprise."""
    return Rule(code, Severity.WARNING, title)


def info(code: str, title: str) -> Rule:
    """A rule about what is worth knowing."""
    return Rule(code, Severity.INFO, title)
