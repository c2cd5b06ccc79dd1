"""A plugin of botocore that writes every call of a process into a file, with what came of it.

It runs in the embedded AWS's Lambda processes: botocore loads it where the environment names it
(BOTOCORE_EXPERIMENTAL__PLUGINS), so that the Lambda's own code is what runs.
"""

from __future__ import annotations

import json
import os
from typing import Any


def initialize_client_plugin(client: Any) -> None:
    """Called by botocore for every client."""
    client.meta.events.register("before-parameter-build.*.*", _remember)
    if os.environ.get("AUTH") == "true":
        client.meta.events.register("before-call.*.*", _as_if_encrypted)
    client.meta.events.register("after-call.*.*", _write)
    client.meta.events.register("after-call-error.*.*", _write)


def _remember(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    context["recorded_params"] = {
        key: value for key, value in params.items() if isinstance(value, str | int | bool | list)
    }


def _as_if_encrypted(params: dict[str, Any], **_: object) -> None:
    """Loopback has no TLS, which bucket policies demand: it stands for a connection that has."""
    params["headers"]["X-Forwarded-Proto"] = "https"


def _write(
    context: dict[str, Any], event_name: str, parsed: dict[str, Any] | None = None, **_: object
) -> None:
    service, operation = event_name.split(".")[1:]
    line: dict[str, object] = {
        "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        "service": service,
        "operation": operation,
        "params": context.get("recorded_params", {}),
        "error": ((parsed or {}).get("Error") or {}).get("Code", ""),
    }
    with open(os.environ["RECORDED_CALLS"], "a") as file:  # noqa: PTH123 - one short write
        file.write(json.dumps(line, default=str) + "\n")
