"""The formats of a fleet's status."""

from __future__ import annotations

from typing import Final

from reconciler.cli.findings.colour import painter
from reconciler.cli.fleets.status import FleetStatus

FORMATS: Final = ("text", "wide", "json", "markdown")
FORMATS_HELP: Final = (
    "wide is text with artifacts and digests; markdown is a comment of at most 65,536 characters."
)


def rendered(status: FleetStatus, output: str, *, every: bool = False) -> str:
    """Return a fleet in a format."""
    match output:
        case "json":
            from reconciler.cli.fleets import as_json

            return as_json.render(status)
        case "markdown":
            from reconciler.cli.fleets import markdown

            return markdown.render(status)
        case _:
            from reconciler.cli.fleets import text

            return text.render(status, painter(), wide=output == "wide", every=every)
