"""What the verbs that read a model have in common: where it is, and what reading it may cost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.options.group import Option, option_group
from reconciler.cli.options.specs import could_not_run

if TYPE_CHECKING:
    from reconciler.inspection.checks.report import InspectionReport
    from reconciler.inspection.gunzip import ByteStream
    from reconciler.inspection.limits import ReadBudget

_GIBIBYTE = 1 << 30
_POSITIVE = click.FloatRange(min=0, min_open=True, max=1e6)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Where a model is read from, and how much of it."""

    profile: str | None
    region: str | None
    endpoint_url: str | None
    max_gib: float
    timeout: float


model_options: Final[Option] = option_group(
    ReadOptions, "reading",
    click.option("--profile", metavar="NAME", help="AWS profile, for a MODEL in S3."),
    click.option("--region", metavar="REGION", help="The bucket's region."),
    click.option("--endpoint-url", metavar="URL", help="S3's endpoint, if not AWS's own."),
    click.option(
        "--max-gib", type=_POSITIVE, default=8.0, show_default=True, metavar="GIB",
        help="Read at most this much of MODEL, packed and unpacked.",
    ),
    click.option(
        "--timeout", type=_POSITIVE, default=300.0, show_default=True, metavar="SECONDS",
        help="Stop reading MODEL after this time.",
    ),
)  # fmt: skip
"""Adds the options of ReadOptions to a command, which gets them as ``reading``."""


def look(model: str, reading: ReadOptions) -> InspectionReport:
    """Return the report on a model; exit with 2 if it cannot be read."""
    from reconciler.inspection.checks.report import inspect_stream

    try:
        with opened(model, reading) as stream:
            return inspect_stream(stream, read_budget(reading), model)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        could_not_run(f"{where}{error.strerror or error}")


def read_budget(reading: ReadOptions) -> ReadBudget:
    """Return what reading one archive may cost."""
    from reconciler.inspection.limits import Limits, ReadBudget

    size = int(reading.max_gib * _GIBIBYTE)
    return ReadBudget(Limits(archive_bytes=size, expanded_bytes=size, seconds=reading.timeout))


@contextmanager
def opened(model: str, reading: ReadOptions) -> Iterator[ByteStream]:
    """Open a path, an s3:// URI, or - for standard input."""
    if model == "-":
        yield sys.stdin.buffer
    elif model.startswith("s3://"):
        from reconciler.aws.object_stream import open_object

        yield open_object(
            model,
            profile=reading.profile,
            region=reading.region,
            endpoint_url=reading.endpoint_url,
        )
    elif model and Path(model).is_dir():
        could_not_run(f"{model} is a folder; pack it: tar czf model.tar.gz -C {model} .")
    else:
        with open(model, "rb") as file:  # noqa: PTH123 - an empty path is the folder to Path
            yield file
