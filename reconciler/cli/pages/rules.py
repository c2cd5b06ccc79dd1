"""The page of each rule: title, why, what to do, an example that violates it.

A page lies beside its rule's check, in a YAML file of the same name, the one source: ``neoctl
explain`` prints it, ``docs/rules`` is written from it (``python -m reconciler.cli.pages.rules
docs/rules``), and tests run its examples against the rule.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from reconciler.rules.families import registry
from reconciler.rules.rule import Rule
from reconciler.rules.suggestion import did_you_mean
from reconciler.specs import codes
from reconciler.specs.source import read_source
from reconciler.specs.yaml_reader import read_yaml

_WIDTH: Final = 88


@dataclass(frozen=True, slots=True)
class Page:
    """A rule with its texts. ``family`` is the heading that it is listed under."""

    rule: Rule
    family: str
    title: str
    why: str
    do: str
    source: str
    example: Mapping[str, Any]


@cache
def modules_of_rules() -> Mapping[str, ModuleType]:
    """Return the module of each rule, by code: of files, requests, models, artifacts."""
    from reconciler.inspection import codes as model_codes
    from reconciler.verification import codes as artifact_codes

    modules = (codes, *registry.FAMILIES, model_codes, artifact_codes)
    return {rule.code: module for module in modules for rule in module.RULES}


@cache
def rules() -> Mapping[str, Rule]:
    """Return all rules by code."""
    modules = dict.fromkeys(modules_of_rules().values())
    return {rule.code: rule for module in modules for rule in module.RULES}


def rule_named(name: str) -> Rule | None:
    """Return the rule of a code (in any case) or a slug; None if there is none."""
    by_slug = {rule.slug: rule for rule in rules().values()}
    return rules().get(name.upper()) or by_slug.get(name.lower())


def suggestion(name: str) -> str:
    """Return ``Did you mean …?`` for a misspelt slug, or for a code with those that begin alike."""
    if not name.upper().startswith("NEO"):
        return did_you_mean(name, [rule.slug for rule in rules().values()])
    near = [code for code in sorted(rules()) if code.startswith(name.upper()[:5])]
    return f"Did you mean {', '.join(near)}?" if len(name) > 4 and near else ""


def page_of(rule: Rule) -> Page:
    """Return the page of a rule."""
    entries = entries_of(modules_of_rules()[rule.code])
    entry = entries[rule.code]
    texts = {key: entry.get(key, "") for key in ("title", "why", "do", "source")}
    return Page(
        rule, entries["family"], example={key: entry[key] for key in _EXAMPLES if key in entry},
        **texts,
    )  # fmt: skip


def pages_of_specs() -> list[Page]:
    """Return the pages of the rules about files and requests, in the order of codes."""
    modules = (codes, *registry.FAMILIES)
    found = [page_of(rule) for module in modules for rule in module.RULES]
    return sorted(found, key=lambda page: page.rule.code)


@cache
def entries_of(module: ModuleType) -> Mapping[str, Any]:
    """Return what the YAML file beside a module holds."""
    return read_page_file(Path(str(module.__file__)).with_suffix(".yaml"))


def read_page_file(path: Path) -> Mapping[str, Any]:
    """Return the map in a file of pages."""
    documents, problems = read_yaml(read_source(path, path.name)[0])
    assert not problems, (path.name, problems)
    value = documents[0].value
    assert isinstance(value, dict), path.name
    return value


def markdown(page: Page) -> str:
    """Return a page as Markdown, for docs/rules and for the terminal."""
    rule = page.rule
    parts = [
        f"# {rule.code} {rule.slug}",
        f"{page.title}. Severity: **{rule.severity.value}**. Family: {page.family}.",
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
    "bad": "Violates the rule",
    "jobs": "Jobs that violate the rule",
    "good": "Correct",
}
_TABLE_HEAD: Final = ("| code | name | severity | title |", "|---|---|---|---|")
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
    """Return the list of all rules as Markdown."""
    lines = ["# Rules", ""]
    family = ""
    for code in sorted(rules()):
        page = page_of(rules()[code])
        if page.family != family:
            family = page.family
            lines += ["", f"## {family}", "", *_TABLE_HEAD]
        rule = page.rule
        lines.append(
            f"| [{code}]({code}.md) | {rule.slug} | {rule.severity.value} | {page.title} |"
        )
    return "\n".join(lines) + "\n"


def documents() -> dict[str, str]:
    """Return every file of docs/rules by its name."""
    pages = {f"{code}.md": markdown(page_of(rule)) for code, rule in rules().items()}
    return {"README.md": index(), **pages}


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
