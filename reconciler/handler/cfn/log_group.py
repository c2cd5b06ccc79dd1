"""The log group of a failed function; CDK's framework names a group that it only guesses."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from reconciler.handler.cfn.answer import ResourceFailed


@contextmanager
def naming_log_group(environment: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Append the name of the function's own log group to the reason of a failure."""
    try:
        yield
    except ResourceFailed as failed:
        group = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")  # set by Lambda
        if not group:
            raise
        raise ResourceFailed(f"{failed} Log group: {group}.", failed.kind) from None
