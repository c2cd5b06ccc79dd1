"""What the tests of stack operations share."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.cloudformation.invariants import violations
from tests.simulation.cloudformation.stack import Request
from tests.simulation.cloudformation.world import World


def requests(world: World) -> list[Request]:
    """Return all requests to the provider, in order."""
    return list(world.custom.requests.values())


def body(request: Request) -> dict[str, Any]:
    """Return the first answer to a request."""
    answer: dict[str, Any] = json.loads(request.answers[0].body)
    return answer


def assert_all_is_well(world: World) -> None:
    """No invariant is violated."""
    assert violations(world) == []
