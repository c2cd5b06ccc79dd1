"""The real handler, in the model."""

from __future__ import annotations

from typing import Any

from reconciler.handler.cfn.poll import HandlerPorts
from reconciler.handler.job.service import JobService
from tests.contract.privilege.recording import IS_COMPLETE, ON_EVENT, acting, owner_of
from tests.simulation.cloudformation.world import Json, Ports

LOGGED: list[str] = []
"""The last log lines, for the tests that read them."""


def our_handler(ports: Ports, name: str, event: Json) -> Json:
    """Run on_event or is_complete of the custom resource."""
    service = JobService(
        HandlerPorts(
            gateway=ports.gateway,
            artifacts=ports.artifacts,
            stacks=ports.stacks,
            clock=ports.clock,
            progress=_log,
            emit=lambda line: None,
            pause=lambda seconds: None,
            verifier=ports.verifier,
        )
    )
    function = ON_EVENT if name == "on_event" else IS_COMPLETE
    with acting(function, owner_of(event["StackId"]), event["StackId"]):
        answer: Any = service.on_event(event) if name == "on_event" else service.is_complete(event)
    return dict(answer)


def _log(event: str, **fields: str | float | bool | None) -> None:
    LOGGED.append(f"{event} {fields}")
    del LOGGED[:-5000]
