"""Structured logs: one JSON object a line, on standard output, where Lambda takes them.

Events are never logged whole: their ResponseURL is a credential.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from reconciler.handler.cfn.answer import ResourceFailed


def json_log(event: str, **fields: str | int | float | bool | None) -> None:
    """Log to standard output."""
    write_line(json.dumps({"message": event, **fields}, separators=(",", ":"), default=str))


def write_line(line: str) -> None:
    """Write one line to standard output as it is."""
    sys.stdout.write(line + "\n")


@contextmanager
def naming_log_group(environment: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Append the name of the function's own log group to the reason of a failure.

    CDK's framework names a group that it only guesses.
    """
    try:
        yield
    except ResourceFailed as failed:
        group = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")  # set by Lambda
        if not group:
            raise
        raise ResourceFailed(f"{failed} Log group: {group}.", failed.kind) from None
