"""Declared jobs as a shell script of AWS CLI commands."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator

from reconciler.specs.build import request_of
from reconciler.specs.job import SpecJob

_HEAD = """\
#!/bin/sh
# Compilation jobs as AWS CLI commands, written by neoctl export --to cli.
# Names are unique in an account and region: a job that exists is refused, not compiled again.
set -eu
"""


def cli_script(jobs: Iterable[SpecJob], owner: str | None, region: str | None) -> str:
    """Return the script: one create-compilation-job for each job; existing ones are named."""
    return "\n".join([_HEAD, *_commands(jobs, owner, region)])


def _commands(jobs: Iterable[SpecJob], owner: str | None, region: str | None) -> Iterator[str]:
    for job in jobs:
        if job.existing_job is not None:
            yield f"# {_comment(job.name)} is the existing job {job.existing_job}.\n"
            continue
        request = json.dumps(request_of(job, owner), indent=2, ensure_ascii=False)
        place = region or job.region
        option = f"--region {shlex.quote(place)} " if place else ""
        yield (
            f"# {_comment(job.name)}\naws sagemaker create-compilation-job {option}"
            f"--cli-input-json {shlex.quote(request)}\n"
        )


def _comment(name: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in name)
