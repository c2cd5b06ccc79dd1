"""The formats of a plan, and the options that choose among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from reconciler.cli.plans.document import PlanDocument
from reconciler.cli.report.colour import painter

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
FORMATS: Final = ("text", "json", "jsonl", "markdown", "github")
SHOW: Final = ("changes", "all", "summary")


def format_options(function: Decorated) -> Decorated:
    """Add the options ``--format`` and ``--show``."""
    for option in (
        click.option(
            "--show", type=click.Choice(SHOW), default=SHOW[0], show_default=True,
            help="Which jobs text and markdown list.",
        ),
        click.option(
            "--format", "output", type=click.Choice(FORMATS), default=FORMATS[0],
            show_default=True,
            help="How to report. json is what --out writes; markdown is a comment of at most "
            "65,536 characters; github is annotations of a workflow.",
        ),
    ):  # fmt: skip
        function = option(function)
    return function


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
        case "markdown":
            from reconciler.cli.plans import markdown

            return markdown.render(document, show=show)
        case _:
            from reconciler.cli.plans import text

            return text.render(document, painter(), show=show)
