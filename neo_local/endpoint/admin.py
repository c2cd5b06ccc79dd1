"""The endpoint's own pages, beside SageMaker's API: /_neo_local/...

GET  /_neo_local/health         engine, region, account, and why there is no sandbox, if so
GET  /_neo_local/faults         the switches
POST /_neo_local/faults         change some of them; {"reset": true} sets all others to default
GET  /_neo_local/calls          calls counted by operation and outcome, and the last of them
GET  /_neo_local/jobs           the live jobs
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from neo_local import ENGINE
from neo_local.endpoint.dispatch import Dispatcher
from neo_local.endpoint.listing import summary
from neo_local.faults import BadSwitch, Switches

PREFIX = "/_neo_local/"
HEALTH = f"{PREFIX}health"


class AdminError(Exception):
    """Answered with the HTTP status and the text."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def answer(dispatcher: Dispatcher, method: str, path: str, body: bytes) -> dict[str, Any]:
    """Return a page's content. Raises AdminError for an unknown page or a wrong body."""
    match method, path.removeprefix(PREFIX):
        case "GET", "health":
            home = dataclasses.asdict(dispatcher.services.home)
            return {"status": "ok", "engine": ENGINE, **home, "no_sandbox": dispatcher.no_sandbox}
        case "GET", "faults":
            return dataclasses.asdict(dispatcher.services.faults.switches)
        case "POST", "faults":
            return _change_faults(dispatcher, body)
        case "GET", "calls":
            return _calls(dispatcher)
        case "GET", "jobs":
            live = [job for job in dispatcher.services.store.all() if not job.status.terminal]
            return {"live": [summary(job) for job in live]}
        case _:
            raise AdminError(404, f"unknown page {method} {path}; the README lists them")


def _change_faults(dispatcher: Dispatcher, body: bytes) -> dict[str, Any]:
    updates = _object(body)
    defaults = dataclasses.asdict(Switches()) if updates.pop("reset", False) else {}
    defaults = {k: list(v) if isinstance(v, tuple) else v for k, v in defaults.items()}
    try:
        switches = dispatcher.services.faults.update({**defaults, **updates})
    except BadSwitch as problem:
        raise AdminError(400, str(problem)) from problem
    return dataclasses.asdict(switches)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError as problem:
        raise AdminError(400, f"the body is not JSON: {problem}") from problem
    if not isinstance(value, dict):
        raise AdminError(400, "the body must be a JSON object of switches")
    return value


def _calls(dispatcher: Dispatcher) -> dict[str, Any]:
    counts: Mapping[str, Mapping[str, int]] = dispatcher.services.store.calls()
    return {
        "counts": counts,
        "log": [dataclasses.asdict(call) for call in dispatcher.log.all()],
    }
