"""From an HTTP request's target and body to the operation, through the switches."""

from __future__ import annotations

import collections
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from neo_local.endpoint import tagging
from neo_local.endpoint.api import CompilationApi
from neo_local.endpoint.errors import LostResponse, ServiceError, unknown_operation
from neo_local.endpoint.models import ModelApi
from neo_local.endpoint.shapes import ServiceShapes, load_sagemaker, load_tagging
from neo_local.endpoint.validation import parse_request

Operation = Callable[[Mapping[str, Any]], dict[str, Any]]
ACCEPTED = "accepted"
_LOG_LENGTH = 10_000
_SAGEMAKER = "SageMaker"


@dataclass(frozen=True, slots=True)
class Call:
    """One line of the call log: what was asked, of which job, and how it ended."""

    when: float
    operation: str
    job: str
    outcome: str


@dataclass(slots=True)
class CallLog:
    """The last calls, oldest first. Safe for use by many threads."""

    _calls: collections.deque[Call] = field(
        default_factory=lambda: collections.deque(maxlen=_LOG_LENGTH)
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)

    def all(self) -> list[Call]:
        with self._lock:
            return list(self._calls)


class Dispatcher:
    """Answers the calls of both services.

    Attributes:
        no_sandbox: Why jobs run without a sandbox; empty if they run in one.
    """

    def __init__(
        self, api: CompilationApi, models: ModelApi | None = None, no_sandbox: str = ""
    ) -> None:
        self.api = api
        self.no_sandbox = no_sandbox
        self.log = CallLog()
        self._services: dict[str, tuple[ServiceShapes, Mapping[str, Operation]]] = {}
        served = models.operations() if models is not None else {}
        self._add(load_sagemaker(), {**api.operations(), **served})
        self._add(load_tagging(), {"GetResources": self._get_resources})

    def _add(self, shapes: ServiceShapes, operations: Mapping[str, Operation]) -> None:
        self._services[shapes.target_prefix] = (shapes, operations)

    def _get_resources(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return tagging.get_resources(self.api.store.all(), request)

    def call(self, target: str, body: bytes) -> dict[str, Any]:
        """Carry out one call. Raises ServiceError, or LostResponse after it was carried out."""
        service, _, operation = target.partition(".")
        shapes, operations = self._services.get(service, (None, {}))
        if shapes is None or operation not in operations:
            raise unknown_operation(target)
        outcome, job = "InternalFailure", ""
        try:
            self._disturb(service, operation)
            request = parse_request(shapes, operation, _parsed(body))
            job = str(request.get("CompilationJobName") or request.get("ResourceArn", ""))
            answer = operations[operation](request)
            outcome = ACCEPTED
        except ServiceError as refusal:
            outcome = refusal.code
            raise
        finally:
            self._record(operation, job, outcome)
        if self.api.faults.loses_response(operation):
            raise LostResponse(operation)
        return answer

    def _disturb(self, service: str, operation: str) -> None:
        time.sleep(self.api.faults.switches.latency_seconds)
        if self.api.faults.throttles(operation):
            code = "ThrottlingException" if service == _SAGEMAKER else "ThrottledException"
            raise ServiceError(code, "Rate exceeded")

    def _record(self, operation: str, job: str, outcome: str) -> None:
        self.api.store.count_call(operation, outcome)
        self.log.add(Call(self.api.clock(), operation, job, outcome))


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError) as problem:
        raise ServiceError(
            "SerializationException", f"The request is not JSON: {problem}"
        ) from problem
