"""Declared jobs as a shell script of AWS CLI commands."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence

from reconciler.specs.build import request_of
from reconciler.specs.job import SpecJob

_HEAD = """\
#!/bin/sh
# Compilation jobs as AWS CLI commands, written by neoctl export --to cli.
# Names are unique in an account and region: a job that exists is refused, not compiled again. The
# others are created, and the script exits with 1.
set -u
failed=0
"""
_GUARD = """\
if test "$(aws sts get-caller-identity --query Account --output text)" != {account}; then
  echo 'The credentials are not of account {account}.' >&2
  exit 1
fi
"""


class SeveralAccounts(ValueError):
    """One script cannot create the jobs of several accounts."""


def cli_script(jobs: Sequence[SpecJob], owner: str | None, region: str | None) -> str:
    """Return the script: one create-compilation-job for each job; existing ones are named.

    Raises SeveralAccounts.
    """
    accounts = sorted({job.account for job in jobs if job.account})
    if len(accounts) > 1:
        raise SeveralAccounts(
            f"the specs are for accounts {', '.join(accounts)}, and a script has the credentials "
            "of one: export the specs of each by themselves"
        )
    guards = [_GUARD.format(account=each) for each in accounts]
    return "\n".join([_HEAD, *guards, *_commands(jobs, owner, region), 'exit "$failed"\n'])


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
            f"--cli-input-json {shlex.quote(request)} || failed=1\n"
        )


def _comment(name: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in name)
