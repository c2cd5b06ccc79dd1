"""From an HTTP request's target and body to the operation, through the switches."""

from __future__ import annotations

import collections
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neo_local.endpoint.errors import LostResponse, ServiceError, unknown_operation
from neo_local.endpoint.services import Service, Services
from neo_local.endpoint.validation import parse_request

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
    """Answers the calls of all services.

    Attributes:
        no_sandbox: Why jobs run without a sandbox; empty if they run in one.
    """

    def __init__(self, services: Services, no_sandbox: str = "") -> None:
        self.services = services
        self.no_sandbox = no_sandbox
        self.log = CallLog()
        self._of_region: dict[str, Mapping[str, Service]] = {}

    def call(self, target: str, body: bytes, region: str = "") -> dict[str, Any]:
        """Carry out one call in a region, or at home.

        Raises ServiceError, or LostResponse after it was carried out.
        """
        prefix, _, operation = target.partition(".")
        service = self._services(region or self.services.home.region).get(prefix)
        if service is None or operation not in service.operations:
            raise unknown_operation(target)
        outcome, job = "InternalFailure", ""
        try:
            self._disturb(prefix, operation)
            request = parse_request(service.shapes, operation, _parsed(body))
            job = str(request.get("CompilationJobName") or request.get("ResourceArn", ""))
            answer = service.operations[operation](request)
            outcome = ACCEPTED
        except ServiceError as refusal:
            outcome = refusal.code
            raise
        finally:
            self._record(operation, job, outcome)
        if self.services.faults.loses_response(operation):
            raise LostResponse(operation)
        return answer

    def _services(self, region: str) -> Mapping[str, Service]:
        if region not in self._of_region:
            self._of_region[region] = self.services.of(region)
        return self._of_region[region]

    def _disturb(self, prefix: str, operation: str) -> None:
        time.sleep(self.services.faults.switches.latency_seconds)
        if self.services.faults.throttles(operation):
            code = "ThrottlingException" if prefix == _SAGEMAKER else "ThrottledException"
            raise ServiceError(code, "Rate exceeded")

    def _record(self, operation: str, job: str, outcome: str) -> None:
        self.services.store.count_call(operation, outcome)
        self.log.add(Call(self.services.clock(), operation, job, outcome))


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError) as problem:
        raise ServiceError(
            "SerializationException", f"The request is not JSON: {problem}"
        ) from problem
