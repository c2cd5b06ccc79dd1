"""The formats of a plan, and the options that choose among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click

from reconciler.cli.findings.colour import painter
from reconciler.cli.options.group import Command
from reconciler.cli.options.output import format_option, json_of_places
from reconciler.cli.plans.document import PlanDocument

FORMATS: Final = ("text", "json", "jsonl", "markdown", "github", "gitlab")
SHOW: Final = ("changes", "all", "summary")


def format_options(command: Command) -> Command:
    """Add the options ``--format`` and ``--show``."""
    formats = format_option(
        FORMATS, "json is what --out writes; markdown is a comment of at most 65,536 characters; "
        "github is annotations of a workflow; gitlab is the report of a merge request.",
    )  # fmt: skip
    show = click.option(
        "--show", type=click.Choice(SHOW), default=SHOW[0], show_default=True,
        help="Which jobs text and markdown list.",
    )  # fmt: skip
    return formats(show(command))


def rendered_together(
    documents: Sequence[PlanDocument], output: str, show: str, *, is_only: bool
) -> str:
    """Return the plans of all places in a format; a comment stays one."""
    if is_only:
        return "".join(rendered(each, output, show) for each in documents)
    match output:
        case "json":
            from reconciler.cli.plans.files import to_json

            return json_of_places([to_json(each) for each in documents], is_only=False)
        case "markdown":
            from reconciler.cli.plans import markdown

            return markdown.render_together(documents, show=show)
        case "gitlab":
            from reconciler.cli.plans import machine

            return machine.gitlab(*documents)
        case "text":
            from reconciler.cli.plans import text

            paint = painter()
            return "\n".join(
                text.render(each, paint, show=show, is_only=False) for each in documents
            )
        case _:
            return "".join(rendered(each, output, show) for each in documents)


def rendered(document: PlanDocument, output: str, show: str) -> str:
    """Return a plan in a format."""
    match output:
        case "json":
            from reconciler.cli.plans.files import text_of

            return text_of(document)
        case "jsonl":
            from reconciler.cli.plans import machine

            return machine.jsonl(document)
        case "github":
            from reconciler.cli.plans import machine

            return machine.github(document)
        case "gitlab":
            from reconciler.cli.plans import machine

            return machine.gitlab(document)
        case "markdown":
            from reconciler.cli.plans import markdown

            return markdown.render(document, show=show)
        case _:
            from reconciler.cli.plans import text

            return text.render(document, painter(), show=show)
