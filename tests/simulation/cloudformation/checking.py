"""What the tests of stack operations share."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.cloudformation.invariants import violations
from tests.simulation.cloudformation.stack import Request, Stack
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


def live(world: World) -> list[str]:
    """The names of the jobs that cost something."""
    return [job.name for job in world.sagemaker.live()]


def deliver_twice(world: World, late: float, kinds: tuple[str, ...]) -> None:
    """Deliver each request of these types a second time, so much later."""
    deliver = world.custom.deliver

    def twice(event: dict[str, Any], delay: float) -> None:
        deliver(json.loads(json.dumps(event)), delay)
        if event["RequestType"] in kinds:
            deliver(json.loads(json.dumps(event)), delay + late)

    world.custom.deliver = twice


def created(world: World, *resources: Any) -> Stack:
    """A stack whose creation has ended well."""
    stack = world.create(*resources)
    world.settle()
    assert stack.phase == "CREATE_COMPLETE", stack.reasons
    return stack
