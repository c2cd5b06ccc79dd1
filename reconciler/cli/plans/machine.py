"""A plan for programs: JSON Lines, GitHub's workflow commands, GitLab's report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from reconciler.cli.findings.github import escaped_data, escaped_property
from reconciler.cli.findings.printable import clipped
from reconciler.cli.plans.document import (
    ATTENTION,
    CREATIONS,
    ENDINGS,
    FORMAT_VERSION,
    ActionKind,
    PlanDocument,
    title,
)
from reconciler.cli.plans.files import action_json
from reconciler.cli.plans.lines import line, place

_LONGEST: Final = 500
_ANNOTATIONS: Final = 10
"""GitHub shows so many annotations of each level, of one step."""


def jsonl(document: PlanDocument) -> str:
    """Return a plan as events, one a line: plan, planned_action for each job, summary."""
    return "".join(json.dumps(event) + "\n" for event in _events(document))


def _events(document: PlanDocument) -> Iterator[dict[str, object]]:
    yield {
        "type": "plan", "format_version": FORMAT_VERSION, "made": document.made,
        "source": document.source.value, "account": document.account, "region": document.region,
    }  # fmt: skip
    for action in document.actions:
        yield {"type": "planned_action", **action_json(action)}
    yield {"type": "summary", "digest": document.digest, **document.counts()}


def github(document: PlanDocument) -> str:
    """Return a plan as annotations of a workflow: errors, warnings for what ends, the summary."""
    errors = [action for action in document.actions if action.kind in ATTENTION]
    endings = [action for action in document.actions if action.kind in ENDINGS]
    commands = [
        _command(
            level,
            clipped(action.name, _LONGEST),
            clipped(f"{line(action).word} {action.job}: {action.reason}", _LONGEST),
        )
        for level, actions in (("error", errors), ("warning", endings))
        for action in actions[:_ANNOTATIONS]
    ]
    commands.append(_command("notice", f"neoctl plan ({place(document)})", title(document)))
    return "".join(f"{command}\n" for command in commands)


def gitlab(*documents: PlanDocument) -> str:
    """Return the counts as GitLab's merge requests show them (artifacts:reports:terraform)."""
    kinds = [action.kind for document in documents for action in document.changes]
    counts = {
        "create": sum(kind in CREATIONS for kind in kinds),
        "update": kinds.count(ActionKind.RETAG),
        "delete": sum(kind in ENDINGS for kind in kinds),
    }
    return json.dumps(counts) + "\n"


def _command(level: str, heading: str, message: str) -> str:
    return f"::{level} title={escaped_property(heading)}::{escaped_data(message)}"
