"""Where a verb's result goes, and in which format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from reconciler.cli.options.group import Option


def format_option(formats: Sequence[str], about: str = "") -> Option:
    """Return the option ``--format``; the command gets it as ``output``.

    Args:
        formats: What may be chosen; the first is the default.
        about: What the formats are, for the help.
    """
    return click.option(
        "--format", "output", type=click.Choice(formats), default=formats[0], show_default=True,
        help=f"How to report. {about}".strip(),
    )  # fmt: skip


output_file_option = click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False), metavar="FILE",
    help="Write to a file instead of standard output.",
)  # fmt: skip
"""Adds ``-o``; the command gets it as ``target``."""


def write_result(text: str, target: str | None) -> None:
    """Write a result to a file, or to standard output if none is given. Raises OSError."""
    if target is None:
        click.echo(text, nl=False)
    else:
        Path(target).write_text(text, encoding="utf-8")
