"""``neoctl logs``: what the compiler wrote about a job."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from reconciler.aws.access import Access
from reconciler.cli.findings.printable import printable
from reconciler.cli.fleets.job_names import job_name
from reconciler.cli.fleets.log_reading import LogFollower, LogReader
from reconciler.cli.options.account import AccountCommand, account_options, connected
from reconciler.cli.options.output import format_option
from reconciler.cli.options.outside import outside_of
from reconciler.core.job_logs import LOG_GROUP, LogEvent
from reconciler.core.observed import ObservedJob


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 shown, or nothing written yet, 1 error, 130 interrupted.",
)
@click.argument("job", callback=job_name)
@click.option("-f", "--follow", is_flag=True,
              help="Go on until the job has ended.")  # fmt: skip
@format_option(("text", "jsonl"), "jsonl is one event a line.")
@account_options
@click.pass_context
def command(ctx: click.Context, job: str, follow: bool, output: str, access: Access) -> None:
    """Show the log of JOB, a CompilationJobName, from CloudWatch Logs.

    Logs outlive jobs: that of a deleted job can still be read.
    """
    outside = outside_of(ctx)
    account = connected(outside, access)
    reader = LogReader(account.job_logs, job)
    follower = LogFollower(reader, account.gateway, outside.pause, _note)
    count = 0
    for event in follower.events() if follow else reader.read():
        count += 1
        for line in _lines(event, job, output):
            click.echo(line)
    if not count:
        _explain_nothing(reader, account.gateway.describe(job))


def _lines(event: LogEvent, job: str, output: str) -> Iterator[str]:
    moment = event.timestamp.isoformat(timespec="milliseconds")
    if output == "jsonl":
        yield json.dumps({"timestamp": moment, "stream": event.stream, "message": event.message})
        return
    part = event.stream.removeprefix(job).removeprefix("/")
    about = f"{moment} [{part}]" if part else moment
    for line in event.message.splitlines() or [""]:
        yield printable(f"{about} {line}")


def _explain_nothing(reader: LogReader, job: ObservedJob | None) -> None:
    """Say why there is no log. A job that is not there either is an error."""
    if job is None:
        raise click.ClickException(f"{reader.job}: no such job, and no log of one, in this region")
    if job.is_under_way:
        _note(f"{reader.job} is {job.status}; it has written no log yet")
    elif reader.has_group:
        _note(
            f"{reader.job} is {job.status} and has no log. Its role needs logs:CreateLogStream and "
            f"logs:PutLogEvents on {LOG_GROUP}; logs may also have expired"
        )
    else:
        _note(
            f"{reader.job} is {job.status}, and there is no log group {LOG_GROUP}: no job has "
            "written a log in this region. Its role needs logs:CreateLogGroup"
        )


def _note(text: str) -> None:
    click.echo(printable(text), err=True)
