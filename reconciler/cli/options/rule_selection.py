"""Rules by the selectors of --select and --ignore: codes, prefixes of codes, names."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.cli.options.specs import could_not_run
from reconciler.cli.pages.rules import rules, suggestion


def selected_codes(given: Iterable[str]) -> frozenset[str]:
    """Return the codes of all selected rules, or exit with 2 for an unknown selector."""
    selectors = [part.strip() for text in given for part in text.split(",") if part.strip()]
    return frozenset(code for selector in selectors for code in _codes(selector))


def _codes(selector: str) -> list[str]:
    found = [
        code
        for code, rule in rules().items()
        if code.startswith(selector.upper()) or rule.slug == selector.lower()
    ]
    if not found:
        could_not_run(f"unknown rule {selector}. {suggestion(selector)}".rstrip())
    return found
