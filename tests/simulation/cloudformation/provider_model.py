"""Lambda and Step Functions around the Provider framework's real JavaScript.

What is modelled, and from where: asynchronous invocation with two retries (after one and two
minutes), duplicates and late deliveries (Lambda developer guide, invocation-async); the waiter
exactly as waiter-state-machine.js synthesises it (Retry States.ALL, backoff rate 1, Catch to
onTimeout; a Cause is cut at 32,768 characters); sandboxes killed at any point.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.contract.privilege.recording import (
    FRAMEWORK_IS_COMPLETE,
    FRAMEWORK_ON_EVENT,
    acting,
    record,
)
from tests.simulation.cloudformation.faults import Chance
from tests.simulation.cloudformation.node_provider import Effect, NodeProvider
from tests.simulation.cloudformation.simulation import Event, Process, Simulation

Json = dict[str, Any]
RunHandler = Callable[[str, Json], Json]
"""Runs our on_event or is_complete inside a process; raises what the handler raises."""
Put = Callable[[str, str], int]
"""Takes the path of the response URL and the body; returns the HTTP status."""

FRAMEWORK_TIMEOUT: Final = 900.0
MAX_CAUSE: Final = 32_768


@dataclass(frozen=True, slots=True)
class Settings:
    """The Provider's configuration, as the constructs set it."""

    total_timeout: float = 3600.0
    query_interval: float = 20.0
    handler_timeout: float = 60.0

    @property
    def max_attempts(self) -> int:
        return round(self.total_timeout / self.query_interval)


@dataclass(slots=True)
class _Invocation:
    """One run of a framework function."""

    number: int
    handler: str
    on_end: Callable[[Json | None], None]
    ended: bool = False
    timer: Event | None = None


@dataclass(slots=True)
class Waiter:
    """One Step Functions execution."""

    event: Json
    attempts: int = 0
    outcome: str = ""


@dataclass(slots=True)
class ProviderModel:
    """Delivers CloudFormation's requests to the framework, and the framework's calls to us."""

    simulation: Simulation
    chance: Chance
    node: NodeProvider
    run_handler: RunHandler
    put: Put
    settings: Settings = field(default_factory=Settings)
    waiters: list[Waiter] = field(default_factory=list)
    swallowed_failures: list[Json] = field(default_factory=list)
    busy: int = 0
    """Deliveries, invocations and waiters that have not ended: 0 is quiescence."""
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _invocations: dict[int, _Invocation] = field(default_factory=dict)

    def deliver(self, event: Json, *, delay: float = 0.0) -> None:
        """Invoke framework-onEvent asynchronously, as CloudFormation does."""
        self.busy += 1
        self.simulation.after(delay, lambda: self._attempt(event, 0))

    def _attempt(self, event: Json, retries: int) -> None:
        def ended(error: Json | None) -> None:
            if error is not None and retries < 2:
                self.chance.visit("lambda async retry")
                delay = 60.0 * (retries + 1)
                self.simulation.after(delay, lambda: self._attempt(event, retries + 1))
                return
            if error is not None:
                self.swallowed_failures.append(error)
            self.busy -= 1

        self._start("onEvent", event, ended)

    def _start(self, handler: str, event: Json, on_end: Callable[[Json | None], None]) -> None:
        invocation = _Invocation(next(self._numbers), handler, on_end)
        self._invocations[invocation.number] = invocation
        timeout = {"errorMessage": f"Task timed out after {FRAMEWORK_TIMEOUT:.2f} seconds"}
        invocation.timer = self.simulation.after(
            FRAMEWORK_TIMEOUT, lambda: self._end(invocation, timeout)
        )
        self._perform(self.node.invoke(invocation.number, handler, event))

    def _end(self, invocation: _Invocation, error: Json | None) -> None:
        if not invocation.ended:
            invocation.ended = True
            if invocation.timer is not None:
                invocation.timer.cancel()
            del self._invocations[invocation.number]
            invocation.on_end(error)

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            invocation = self._invocations.get(effect["invocation"])
            if invocation is None:  # its sandbox is gone
                continue
            if effect["type"] not in ("return", "throw") and self.chance.hit("framework_killed"):
                killed = {
                    "errorType": "Runtime.ExitError",
                    "errorMessage": "RequestId: 0 Error: Runtime exited with error: signal: killed",
                }
                self._end(invocation, killed)
            else:
                self._do(effect, invocation)

    def _do(self, effect: Effect, invocation: _Invocation) -> None:
        _record(effect, invocation.handler)
        match effect["type"]:
            case "return":
                self._end(invocation, None)
            case "throw":
                error = {k: effect[k] for k in ("errorType", "errorMessage", "trace")}
                self._end(invocation, error)
            case "sleep":
                self._resolve_after(effect["seconds"], effect, None)
            case "waitUntilFunctionActive":
                self._resolve_after(1.0, effect, {})
            case "invoke":
                self._invoke_handler(effect)
            case "startExecution":
                self._start_execution(effect)
            case "put":
                self._put(effect)
            case other:
                raise AssertionError(other)

    def _resolve_after(self, seconds: float, effect: Effect, value: object) -> None:
        call = effect["call"]
        self.simulation.after(seconds, lambda: self._perform(self.node.resolve(call, value)))

    def _reject_after(self, seconds: float, effect: Effect, error: str) -> None:
        call = effect["call"]
        self.simulation.after(seconds, lambda: self._perform(self.node.reject(call, error)))

    def _put(self, effect: Effect) -> None:
        if self.chance.hit("put_fails"):
            kind = self.chance.random.choice(["reset", "403", "500"])
            if kind == "reset":
                self._reject_after(0.2, effect, "read ECONNRESET")
            else:
                self._resolve_after(0.2, effect, int(kind))
            return
        self._resolve_after(0.1, effect, self.put(effect["path"], effect["body"]))

    def _start_execution(self, effect: Effect) -> None:
        if self.chance.hit("start_execution_refused"):
            self._reject_after(0.1, effect, "ThrottlingException: Rate exceeded")
            return
        self._start_waiter(json.loads(effect["payload"]))
        if self.chance.hit("start_execution_lost"):
            self._reject_after(0.5, effect, "TimeoutError: socket hang up")
        else:
            self._resolve_after(0.1, effect, {})

    # --- the waiter ---------------------------------------------------------------------------

    def _start_waiter(self, event: Json) -> None:
        waiter = Waiter(event)
        self.waiters.append(waiter)
        self.busy += 1
        self.simulation.after(0.2, lambda: self._poll(waiter))

    def _poll(self, waiter: Waiter) -> None:
        waiter.attempts += 1

        def ended(error: Json | None) -> None:
            if error is None:
                waiter.outcome = "succeeded"
                self.busy -= 1
            elif waiter.attempts <= self.settings.max_attempts:
                delay = self.settings.query_interval
                self.simulation.after(delay, lambda: self._poll(waiter))
            else:
                self._time_out(waiter, error)

        # Each attempt gets the execution's input anew: nothing is carried between polls.
        self._start("isComplete", waiter.event, ended)

    def _time_out(self, waiter: Waiter, error: Json) -> None:
        self.chance.visit("waiter timed out")
        cause = json.dumps(error)[:MAX_CAUSE]

        def ended(failure: Json | None) -> None:
            waiter.outcome = "timed out" if failure is None else "timed out without an answer"
            self.busy -= 1

        event = {"Error": error.get("errorType", "Lambda.Unknown"), "Cause": cause}
        self._start("onTimeout", event, ended)

    # --- our own functions --------------------------------------------------------------------

    def _invoke_handler(self, effect: Effect) -> None:
        if self.chance.hit("handler_throttled"):
            self._reject_after(0.2, effect, "TooManyRequestsException: Rate Exceeded.")
            return
        lost = self.chance.hit("handler_answer_lost")
        answered = False

        def answer(value: Json) -> None:
            nonlocal answered
            if answered:
                return
            answered = True
            self.busy -= 1
            if lost:
                self._reject_after(0.1, effect, "TimeoutError: socket hang up")
            else:
                self._resolve_after(0.02, effect, value)

        self.busy += 1
        name, event = effect["function"], json.loads(effect["payload"])
        process: list[Process] = []

        def body() -> None:
            value = self._run(name, event)
            timer.cancel()
            self.simulation.after(0, lambda: answer(value))

        def expire() -> None:
            self.chance.visit("handler timed out")
            self.simulation.kill(process[0])
            seconds = self.settings.handler_timeout
            answer(_error("Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds"))

        timer = self.simulation.after(self.settings.handler_timeout, expire)
        process.append(self.simulation.spawn(name, body))

    def _run(self, name: str, event: Json) -> Json:
        try:
            return {"StatusCode": 200, "Payload": json.dumps(self.run_handler(name, event))}
        except HandlerCrash as crash:
            return _error("Runtime.ExitError", f"Runtime exited with error: {crash}")
        except Exception as error:
            return _error(type(error).__name__, str(error))


class HandlerCrash(BaseException):
    """Our function's sandbox dies here (out of memory, a lost host)."""


def _record(effect: Effect, handler: str) -> None:
    """What the framework asks of AWS: onTimeout runs with isComplete's role."""
    function = FRAMEWORK_ON_EVENT if handler == "onEvent" else FRAMEWORK_IS_COMPLETE
    with acting(function, "", ""):
        match effect["type"]:
            case "invoke":
                record("lambda:InvokeFunction", f"own {effect['function']}")
            case "waitUntilFunctionActive":
                name = "on_event" if handler == "onEvent" else "is_complete"
                record("lambda:GetFunction", f"own {name}")
            case "startExecution":
                record("states:StartExecution", "own waiter")


def _error(kind: str, message: str) -> Json:
    payload = json.dumps({"errorType": kind, "errorMessage": message, "stackTrace": []})
    return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": payload}
