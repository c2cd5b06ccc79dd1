"""The tables of docs/security.md: every right of every role, from synthesized templates, with its
reason. A right without a reason, or a reason without a right, is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.contract.privilege import recording
from tests.contract.privilege.policies import documents, resolver, single_rights
from tests.contract.privilege.security_reasons import REASONS
from tests.contract.privilege.stacks import Deployed, deployed, fleet_stack, jobs_stack
from tests.contract.privilege.test_job_roles import (
    build_job,
    build_model,
    build_package,
)
from tests.paths import ROOT
from tests.synthesis.rendering import STACK_ID

PAGE: Final = ROOT / "docs" / "security.md"
_SLOT: Final = re.compile(r"(<!-- rights: ([\w -]+) -->\n).*?(<!-- /rights -->)", re.DOTALL)
_HASH: Final = re.compile(r"[0-9A-F]{8}$")


class UnreasonedError(Exception):
    """A right that nobody gave a reason for."""


def tables() -> dict[str, tuple[Deployed, str]]:
    """Stack and role of each table of the page."""
    jobs, fleet = jobs_stack(), fleet_stack()
    waiter = "Frameworkwaiterstatemachine"
    roles = {
        "jobs on_event": (jobs, jobs.roles[recording.ON_EVENT]),
        "jobs is_complete": (jobs, jobs.roles[recording.IS_COMPLETE]),
        "framework on_event": (jobs, jobs.roles[recording.FRAMEWORK_ON_EVENT]),
        "framework is_complete": (jobs, jobs.roles[recording.FRAMEWORK_IS_COMPLETE]),
        "framework waiter": (jobs, _named(jobs, f"NeoCompilationProvider{waiter}Role")),
        "fleet on_event": (fleet, fleet.roles[recording.FLEET_ON_EVENT]),
        "fleet is_complete": (fleet, fleet.roles[recording.FLEET_IS_COMPLETE]),
        "schedule": (fleet, fleet.roles[recording.SCHEDULE]),
    }
    for name, build, role in (
        ("job role", build_job, "JobRole"), ("package role", build_package, "JobRole"),
        ("model role", build_model, "ModelRole"),
    ):  # fmt: skip
        made = deployed(build, {name: role})
        roles[name] = (made, made.roles[name])
    return roles


def _named(stack: Deployed, beginning: str) -> str:
    [found] = [name for name in stack.template["Resources"] if _HASH.sub("", name) == beginning]
    return str(found)


def rights(stack: Deployed, role: str) -> Iterator[tuple[str, str, str]]:
    """Action, resource in words and reason of everything that a role may do."""
    words = _Words(stack.template)
    seen = set()
    for document in documents(stack.template, role):
        for action, resource, single in single_rights(document):
            text = words.of(resource)
            condition = words.condition(single["Statement"][0].get("Condition", {}))
            if (action, text, condition) not in seen:
                seen.add((action, text, condition))
                yield action, text + condition, _reason(action, text)


class _Words:
    """ARNs of a template in words that do not change."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        known = resolver(template).values
        self._names = sorted(
            ((str(value), _HASH.sub("", name.removesuffix(".Arn"))) for name, value in
             known.items() if name.removesuffix(".Arn") in template["Resources"]),
            key=lambda pair: -len(pair[0]),
        )  # fmt: skip

    def of(self, resource: str) -> str:
        """Return a resource in words."""
        text = re.sub(r"/[0-9a-f]{64}\.json$", "/DOCUMENT", resource)
        for value, name in self._names:
            text = text.replace(value, name)
        text = text.replace(STACK_ID, "the stack")
        text = re.sub(r"\b[sf]0a1b2c3d[a-z2-7]{0,6}", "OWNER", text)
        return re.sub(r"arn:aws:\w+:(us-east-1)?:(\d{12}|\*)?:", "", text)

    def condition(self, condition: Mapping[str, Mapping[str, Any]]) -> str:
        """Conditions in words."""
        pairs = [pair for each in condition.values() for pair in each.items()]
        said = [
            f"{key} = {', '.join(map(self.of, value if isinstance(value, list) else [value]))}"
            for key, value in pairs
        ]
        return f" if {' and '.join(said)}" if said else ""


def _reason(action: str, text: str) -> str:
    for number, (beginning, part, why) in enumerate(REASONS):
        fits = text == part if part == "*" else part in text
        if action.startswith(beginning) and fits:
            _used.add(number)
            return why
    raise UnreasonedError(f"{action} on {text}: give it a reason in security_page.REASONS")


_used: Final[set[int]] = set()


def table(stack: Deployed, role: str) -> str:
    """A Markdown table of what a role may do; actions of one resource and reason in one row."""
    rows: dict[tuple[str, str], list[str]] = {}
    for action, resource, why in rights(stack, role):
        rows.setdefault((resource, why), []).append(f"`{action}`")
    lines = ["| action | on | why |", "|---|---|---|"]
    lines += [
        f"| {', '.join(sorted(actions))} | `{resource}` | {why} |"
        for (resource, why), actions in sorted(rows.items(), key=lambda row: (row[1], row[0]))
    ]
    return "\n".join(lines)


def written() -> str:
    """Return the page with its tables as the templates have them.

    Raises UnreasonedError for a right without a reason, or a reason that no right has.
    """
    found = {name: table(stack, role) for name, (stack, role) in tables().items()}
    page = PAGE.read_text(encoding="utf-8")
    slots = [name for _, name, _ in _SLOT.findall(page)]
    assert sorted(slots) == sorted(found), (sorted(slots), sorted(found))
    idle = [REASONS[number] for number in range(len(REASONS)) if number not in _used]
    if idle:
        raise UnreasonedError(f"reasons for rights that no role has: {idle}")
    return _SLOT.sub(lambda slot: f"{slot[1]}{found[slot[2]]}\n{slot[3]}", page)
