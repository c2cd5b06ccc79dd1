"""A rule: its stable code, its slug, its severity.

A module of rules has its checks in Python and its pages beside them, in a YAML file of the same
name: title, reason, remedy, examples. Pages are for ``neoctl explain``; the Lambda carries none.
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
        code: Stable: the code of a retired rule is not given to another.
        slug: The violation in a few words, in kebab case; stable like the code.
        severity: ERROR only for what the service is known to refuse or to fail.
    """

    code: str
    slug: str
    severity: Severity

    def at(
        self, path: str, message: str, *, got: str = "", allowed: str = "", hint: str = ""
    ) -> Finding:
        """Return a finding of this rule at a path of the request. Long values are cut."""
        return Finding(
            self.code, self.slug, self.severity, path, message, _cut(got), _cut(allowed), hint
        )


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def error(code: str, slug: str) -> Rule:
    """Return a rule about what the service is known to refuse or to fail."""
    return Rule(code, slug, Severity.ERROR)


def warning(code: str, slug: str) -> Rule:
    """Return a rule about what is likely to fail, or to surprise."""
    return Rule(code, slug, Severity.WARNING)


def info(code: str, slug: str) -> Rule:
    """Return a rule about what is worth knowing."""
    return Rule(code, slug, Severity.INFO)
