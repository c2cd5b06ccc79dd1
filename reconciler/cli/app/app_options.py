"""The options of ``neoctl plan`` for CDK apps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import click

from reconciler.cli.options.group import Option, option_group


@dataclass(frozen=True, slots=True)
class AppOptions:
    """Which app, and which of its stacks."""

    app: str | None = None
    stacks: tuple[str, ...] = ()


app_options: Final[Option] = option_group(
    AppOptions, "app",
    click.option(
        "--app", metavar="DIR", type=click.Path(file_okay=False),
        help="Instead of specs, plan what `cdk deploy` of this cloud assembly (cdk.out) does to "
        "compilation jobs.",
    ),
    click.option(
        "--stack", "stacks", multiple=True, metavar="NAME",
        help="Only this stack of the app; by default all.",
    ),
)  # fmt: skip
"""Adds the options of AppOptions to a command, which gets them as ``app``."""
