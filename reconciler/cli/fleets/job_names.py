"""Names of jobs as arguments of verbs."""

from __future__ import annotations

import re
from typing import Final

import click

from reconciler.core.identity import MAX_NAME

_NAME: Final = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
"""Source: the API's pattern of CompilationJobName."""


def job_name(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Return a CompilationJobName. Raises BadParameter for what is not one."""
    return checked_name(value)


def job_names(
    _ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Return CompilationJobNames, each once. Raises BadParameter for what is not one."""
    return tuple(dict.fromkeys(map(checked_name, value)))


def checked_name(text: str) -> str:
    """Return a text that is a CompilationJobName. Raises BadParameter."""
    if len(text) > MAX_NAME or not _NAME.fullmatch(text):
        raise click.BadParameter(
            f"{text!r} is not the name of a compilation job: 1 to {MAX_NAME} letters, digits and "
            "hyphens. neoctl status shows names"
        )
    return text
