"""A page for each rule: what it demands, why, what to do, an example that breaks it.

The texts are in ``pages/*.yaml``, the one source: ``neoctl explain`` prints them, ``docs/rules``
is written from them (``python -m reconciler.cli.rule_pages docs/rules``), and tests run the
examples against the rules.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from reconciler.rules.registry import REQUEST_RULES, group_of
from reconciler.rules.rule import Rule
from reconciler.specs.codes import FILE_RULES
from reconciler.specs.source import read_source
from reconciler.specs.yaml_reader import read_yaml

FOLDER: Final = Path(__file__).parent / "pages"
_WIDTH: Final = 88


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of a rule beyond its title."""

    rule: Rule
    why: str
    do: str
    source: str
    example: Mapping[str, Any]


@cache
def rules() -> dict[str, Rule]:
    """Every rule there is, by code: of files, of requests, of model archives."""
    from reconciler.inspection.codes import ARTIFACT_RULES

    return {**FILE_RULES, **REQUEST_RULES, **ARTIFACT_RULES}


def page_of(code: str) -> Page | None:
    """The page of a rule, or None if there is no such rule."""
    rule = rules().get(code)
    if rule is None:
        return None
    entry = _entries(code[3] + "00").get(code, {})
    example = {
        key: entry[key] for key in ("bad", "good", "jobs", "policy", "region") if key in entry
    }
    return Page(rule, entry.get("why", ""), entry.get("do", ""), entry.get("source", ""), example)


@cache
def _entries(group: str) -> Mapping[str, Any]:
    path = FOLDER / f"{group}.yaml"
    if not path.exists():
        return {}
    documents, problems = read_yaml(read_source(path, path.name)[0])
    assert not problems, (path.name, problems)
    value = documents[0].value
    return value if isinstance(value, dict) else {}


def markdown(page: Page) -> str:
    """A page as Markdown, for docs/rules and for the terminal."""
    rule = page.rule
    parts = [
        f"# {rule.code}: {rule.title}",
        f"Severity: **{rule.severity.value}**. Group: {group_of(rule)}.",
    ]
    if page.why:
        parts.append(f"## Why\n\n{_filled(page.why)}")
    if page.do:
        parts.append(f"## What to do\n\n{_filled(page.do)}")
    for key, title in _EXAMPLES.items():
        if key in page.example and page.example[key] != {}:
            parts.append(f"## {title}\n\n{_example(page.example[key])}")
    if page.source:
        parts.append(f"## Source\n\n{_filled(page.source)}")
    if not rule.code.startswith("NEO7"):
        parts.append(f"## Suppress it\n\n{_filled(_SUPPRESS.format(code=rule.code))}")
    return "\n\n".join(parts) + "\n"


_EXAMPLES: Final = {
    "policy": "With this policy",
    "region": "In this region",
    "bad": "This breaks it",
    "jobs": "These break it",
    "good": "This keeps to it",
}
_SUPPRESS: Final = (
    "In a fleet, under `suppress` of the file, a model, a target or an override: "
    "`{{code: {code}, reason: …}}`. In any YAML: `# neoctl: ignore {code} because …`. On the "
    "command line: `--ignore {code}`."
)


def _example(value: object) -> str:
    if isinstance(value, str) and "\n" not in value and ":" not in value:
        return f"`{value}`"
    if isinstance(value, str):
        return f"```yaml\n{value.rstrip()}\n```"
    items = value if isinstance(value, list) else [value]
    return "\n\n".join(f"```json\n{json.dumps(item, indent=2)}\n```" for item in items)


def _filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH, break_long_words=False)


def index() -> str:
    """The list of all rules, as Markdown."""
    lines = ["# Rules", ""]
    group = ""
    for code, rule in sorted(rules().items()):
        if group_of(rule) != group:
            group = group_of(rule)
            lines += [
                "",
                f"## {group}",
                "",
                "| code | severity | what it demands |",
                "|---|---|---|",
            ]
        lines.append(f"| [{code}]({code}.md) | {rule.severity.value} | {rule.title} |")
    return "\n".join(lines) + "\n"


def documents() -> dict[str, str]:
    """Every file of docs/rules by its name."""
    pages = {code: page_of(code) for code in rules()}
    return {
        "README.md": index(),
        **{f"{code}.md": markdown(page) for code, page in pages.items() if page is not None},
    }


def write(folder: Path) -> None:
    """Write docs/rules anew."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = documents()
    for path in folder.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
