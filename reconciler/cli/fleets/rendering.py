"""The formats of a fleet's status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reconciler.cli.findings.colour import painter
from reconciler.cli.fleets.status import FleetStatus
from reconciler.cli.options.output import json_of_places
from reconciler.cli.plans.markdown import LIMIT

FORMATS: Final = ("text", "wide", "json", "markdown")
FORMATS_HELP: Final = (
    "wide is text with artifacts and digests; markdown is a comment of at most 65,536 characters."
)


def rendered_together(
    statuses: Sequence[FleetStatus], output: str, *, is_only: bool, every: bool = False
) -> str:
    """Return the fleets of all places in a format; as Markdown they are one comment."""
    match output:
        case "json":
            from reconciler.cli.fleets import as_json

            return json_of_places([as_json.to_json(each) for each in statuses], is_only=is_only)
        case "markdown":
            from reconciler.cli.fleets import markdown

            limit = LIMIT // max(len(statuses), 1) - 1
            return "\n".join(markdown.render(each, limit) for each in statuses)
        case _:
            from reconciler.cli.fleets import text

            wide = output == "wide"
            shown = (text.render(each, painter(), wide=wide, every=every) for each in statuses)
            return "\n".join(shown)
