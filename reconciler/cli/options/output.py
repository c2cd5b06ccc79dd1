"""Where a verb's result goes, and in which format."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from reconciler.cli.options.account import FileError
from reconciler.cli.options.group import Option
from reconciler.core.canonical import Json


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


def json_of_places(values: Sequence[Json], *, is_only: bool) -> str:
    """Return the JSON of all places: one object for the only place, otherwise a list.

    Args:
        values: What is known of each place that did not fail.
        is_only: Whether there is one place in all, those that failed included.
    """
    return json.dumps(values[0] if is_only and values else list(values), indent=2) + "\n"


def write_by_place(texts: Mapping[tuple[str, str], str], path: str, *, is_only: bool) -> None:
    """Write the text of the only place to a file; of several, one file each into a folder.

    Args:
        texts: By account and region.
        path: The file, or the folder; one that exists or ends with a slash is always a folder.
        is_only: Whether there is one place in all, those that failed included.
    """
    target = Path(path)
    if is_only and not target.is_dir() and not path.endswith("/"):
        for text in texts.values():
            target.write_text(text, encoding="utf-8")
        return
    if target.is_file():
        raise FileError(f"{path}: a file; what is of several places goes into a folder")
    target.mkdir(parents=True, exist_ok=True)
    for (account, region), text in texts.items():
        (target / f"{account}-{region}.json").write_text(text, encoding="utf-8")


def write_result(text: str, target: str | None) -> None:
    """Write a result to a file, or to standard output if none is given. Raises OSError."""
    if target is None:
        click.echo(text, nl=False)
    else:
        Path(target).write_text(text, encoding="utf-8")
