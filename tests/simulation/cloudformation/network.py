"""The way between our Lambda and the services: latency, throttling, lost answers, crashes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tests.fakes.sagemaker import ApiError
from tests.simulation.cloudformation.faults import Chance
from tests.simulation.cloudformation.provider_model import HandlerCrash
from tests.simulation.cloudformation.simulation import Simulation

Answer = TypeVar("Answer")

THROTTLED = ("ThrottlingException", "Rate exceeded")
DENIED = ("AccessDeniedException", "User: handler is not authorized to perform this action")
BROKEN = ("InternalFailure", "The request processing has failed because of an unknown error.")
READ_TIMEOUT = 15.0
"""Seconds after which the SDK gives a call up; the call may arrive all the same."""
LOST = ("RequestTimeout", "Connection was closed before we received a valid response.")


@dataclass(slots=True)
class Network:
    """Carries every call of one world; `crash_at` names the calls to die before or after."""

    simulation: Simulation
    chance: Chance
    crash_at: dict[int, str] = field(default_factory=dict)
    """By number of the call (from 1): "before" or "after"."""
    dies_after: str = ""
    """The operation after whose next success our Lambda dies."""
    deaf_after: str = ""
    """The operation after whose next success the calls are throttled..."""
    deaf_for: float = 5.0
    """...for so many seconds."""
    _deaf_until: float = 0.0
    denied_until: float = 0.0
    """Until when the policies of our Lambda are not known."""
    losing: str = ""
    """The operation whose next answer is lost; the SDK repeats it."""
    calls: int = 0
    in_flight: int = 0
    """Slow calls that may still reach the service though nobody waits for them."""

    def travel(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        """Carry one call of an SDK that tries twice."""
        self.calls += 1
        crash = self.crash_at.get(self.calls, "")
        if crash == "before" or self.chance.hit("crash_before_call"):
            raise HandlerCrash(f"before {operation}")
        if self.simulation.now < self.denied_until:
            self.simulation.wait(0.1)
            raise ApiError(*DENIED)
        if operation == self.losing:
            self.losing = ""
            commit()
            self.simulation.wait(1.0)
        try:
            answer = self._once(commit)
        except ApiError as error:
            if (
                error.code not in (THROTTLED[0], BROKEN[0], LOST[0])
                or self.chance.between(0, 1) < 0.5
            ):
                self._die(crash, operation)
                raise
            self.simulation.wait(self.chance.between(0.1, 2.0))
            self.chance.visit(f"the SDK repeats {operation}")
            answer = self._once(commit)
        if operation == self.deaf_after:
            self.deaf_after, self._deaf_until = "", self.simulation.now + self.deaf_for
        if operation == self.dies_after:
            crash, self.dies_after = "after", ""
        self._die(crash, operation)
        return answer

    def _die(self, crash: str, operation: str) -> None:
        if crash == "after" or self.chance.hit("crash_after_call"):
            raise HandlerCrash(f"after {operation}")

    def _once(self, commit: Callable[[], Answer]) -> Answer:
        latency = self.chance.between(0.02, 0.4)
        if self.simulation.now < self._deaf_until or self.chance.hit("call_throttled"):
            self.simulation.wait(latency)
            raise ApiError(*THROTTLED)
        if self.chance.hit("call_server_error"):
            self.simulation.wait(latency)
            raise ApiError(*BROKEN)
        if self.chance.hit("call_slow"):
            return self._slowly(commit)
        self.simulation.wait(latency / 2)
        answer = commit()
        self.simulation.wait(latency / 2)
        if self.chance.hit("call_lost_response"):
            self.simulation.wait(1.0)
            raise ApiError(*LOST)
        return answer

    def _slowly(self, commit: Callable[[], Answer]) -> Answer:
        """A call that arrives even if nobody waits for it any more."""
        arrival = self.chance.between(1.0, 60.0)
        outcome: list[Answer | ApiError] = []

        def arrive() -> None:
            self.in_flight -= 1
            try:
                outcome.append(commit())
            except ApiError as error:
                outcome.append(error)

        self.in_flight += 1
        self.simulation.after(arrival, arrive)
        self.simulation.wait(min(arrival, READ_TIMEOUT))
        if not outcome:
            raise ApiError(*LOST)
        self.simulation.wait(0.1)
        if isinstance(outcome[0], ApiError):
            raise outcome[0]
        return outcome[0]
