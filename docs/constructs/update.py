"""Writes the argument tables of these pages from the constructs' docstrings.

A page says `<!-- arguments: CompilationJob -->` where the table goes. Run it from anywhere; the
tests run `python docs/constructs/update.py --check`.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import neo_constructs

HERE = Path(__file__).parent
_SLOT = re.compile(r"(<!-- arguments: ([\w.]+) -->\n).*?(<!-- /arguments -->)", re.DOTALL)
_SKIPPED = ("self", "cls", "scope", "id")


def described(docstring: str) -> dict[str, str]:
    """Return the text of each argument in a docstring's Args or Attributes section."""
    found: dict[str, str] = {}
    section = re.search(r"(?:Args|Attributes):\n(.*?)(?:\n\n|\Z)", docstring, re.DOTALL)
    name = ""
    for line in (section[1] if section else "").splitlines():
        start = re.match(r" {4}(\*{0,2}\w+): (.*)", line)
        if start:
            name, found[start[1]] = start[1], start[2]
        elif name:
            found[name] += f" {line.strip()}"
    return found


def table(name: str) -> str:
    """Return the argument table of a class's constructor, or of `Class.method`."""
    target: Any = neo_constructs
    for part in name.split("."):
        target = getattr(target, part)
    callable_ = target.__init__ if inspect.isclass(target) else target
    texts = described(inspect.getdoc(callable_) or "") or described(inspect.getdoc(target) or "")
    rows = ["| argument | type | meaning |", "|---|---|---|"]
    for parameter in inspect.signature(callable_).parameters.values():
        key = "**" + parameter.name if parameter.kind is parameter.VAR_KEYWORD else parameter.name
        if parameter.name in _SKIPPED:
            continue
        kind = inspect.formatannotation(parameter.annotation).strip("'").replace("|", "\\|")
        text = texts.get(key)
        if text is None:
            raise SystemExit(f"{name}: the docstring says nothing of {parameter.name}")
        rows.append(f"| `{key}` | `{kind}` | {text} |")
    return "\n".join(rows)


def updated(page: str) -> str:
    """Return a page's text with its tables as the code has them."""
    return _SLOT.sub(lambda found: f"{found[1]}{table(found[2])}\n{found[3]}", page)


def main(words: list[str]) -> int:
    """Update the pages, or with --check name those that are not up to date."""
    stale = []
    for path in sorted(HERE.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if updated(text) != text:
            stale.append(path.name)
            if "--check" not in words:
                path.write_text(updated(text), encoding="utf-8")
    if stale:
        print("not up to date:" if "--check" in words else "updated:", ", ".join(stale))
    return 1 if stale and "--check" in words else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
