"""The targets of the Makefile."""

from __future__ import annotations

import re

from tests.paths import ROOT


def targets() -> set[str]:
    """Return the names of all targets."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE))
