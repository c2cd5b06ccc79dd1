"""How CloudFormation talks to a custom resource's provider: requests, answers, ids.

Ids of FAILED answers are adopted, ids are invented for Deletes of what never answered, 4096 bytes
are enforced, an hour is waited for an answer, late and second answers are ignored, requests are
delivered at least once. Sources: the custom resource protocol in the CloudFormation user guide,
and public threads on what it does when creations are cancelled.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.simulation.cloudformation.faults import Chance
from tests.simulation.cloudformation.simulation import Simulation
from tests.simulation.cloudformation.stack import (
    CUSTOM,
    Answer,
    Leftover,
    Record,
    Request,
    Resource,
    Stack,
    stringified,
)
from tests.simulation.cloudformation.sweep import Done

Json = dict[str, Any]
MAX_RESPONSE: Final = 4096
MAX_ID: Final = 1024
SERVICE_TIMEOUT: Final = 3600.0
REGION: Final = "us-east-1"
ACCOUNT: Final = "111122223333"


def guid(chance: Chance) -> str:
    """A new one."""
    digits = f"{chance.random.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


@dataclass(slots=True)
class CustomResources:
    """Requests to the provider; `deliver` sends an event after a delay."""

    simulation: Simulation
    chance: Chance
    deliver: Callable[[Json, float], None]
    requests: dict[str, Request] = field(default_factory=dict)
    """By path of the response URL, in the order in which they were sent."""
    _waiting: dict[str, Done] = field(default_factory=dict)

    def begin(
        self,
        stack: Stack,
        record: Record,
        kind: str,
        resource: Resource,
        old: Resource | None,
        done: Done,
    ) -> None:
        """Send a request and wait for its answer; `old` is what an Update replaces."""
        invented = kind == "Delete" and not record.physical_id
        physical_id = self._invented(stack, resource) if invented else record.physical_id
        request = Request(
            guid(self.chance),
            stack,
            resource.logical_id,
            kind,
            physical_id,
            stringified(resource.properties),
            invented,
            self.simulation.now,
            sent_in=stack.phase,
        )
        if invented:
            self.chance.visit("Delete with an invented id")
            record.physical_id = physical_id
            stack.show(record, self.simulation.now)
        path = f"/{request.request_id}?X-Amz-Signature=secret"
        event = self._event(request, path, old)
        self.requests[path] = request
        before = record.physical_id

        def settled(ok: bool) -> None:
            self._adopt(request, record, before, old)
            done(ok)

        self._waiting[request.request_id] = settled
        self.simulation.after(SERVICE_TIMEOUT, lambda: self._expire(request))
        self._send(event)

    def is_over(self, request_id: str) -> bool:
        """Return whether nobody waits for the answer to this request any more."""
        return request_id not in self._waiting

    def cancel(self, stack: Stack) -> None:
        """Stop waiting for the stack's requests; late answers will be ignored."""
        for request in self.requests.values():
            if request.stack is stack and request.outcome == "pending":
                self.chance.visit(f"cancelled in flight: {request.type}")
                self._settle(request, "cancelled")

    def _send(self, event: Json) -> None:
        delay = 0.5
        if self.chance.hit("late_delivery"):
            delay = self.chance.random.choice([5.0, 60.0, 300.0])
        self.deliver(event, delay)
        while self.chance.hit("duplicate_delivery"):
            late = self.chance.random.choice([90.0, 90.0, 90.0, 900.0, 6000.0])
            self.deliver(dict(event), self.chance.between(0.0, late))

    def _event(self, request: Request, path: str, old: Resource | None) -> Json:
        event: Json = {
            "RequestType": request.type,
            "ServiceToken": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:framework-onEvent",
            "ResponseURL": f"https://cloudformation-custom-resource-response.test{path}",
            "StackId": request.stack.stack_id,
            "RequestId": request.request_id,
            "LogicalResourceId": request.logical_id,
            "ResourceType": CUSTOM,
            "ResourceProperties": request.properties,
        }
        if request.type != "Create":
            event["PhysicalResourceId"] = request.physical_id
        if request.type == "Update" and old is not None:
            event["OldResourceProperties"] = stringified(old.properties)
        return event

    def _adopt(self, request: Request, record: Record, before: str, old: Resource | None) -> None:
        """Take the id of the answer, of a FAILED one too, as CloudFormation does."""
        if request.type == "Delete" or request.outcome not in ("SUCCESS", "FAILED"):
            return
        answered = json.loads(request.answers[0].body)["PhysicalResourceId"]
        record.physical_id = answered
        if request.type == "Update" and answered != before and old is not None:
            self.chance.visit(f"id replaced: {request.outcome}")
            request.stack.leftovers.append(Leftover(old, before))

    def _expire(self, request: Request) -> None:
        if request.outcome == "pending":
            self.chance.visit("no answer for an hour")
            self._finish(request, "timed out")

    def _settle(self, request: Request, outcome: str) -> Done | None:
        request.outcome = outcome
        request.settled = self.simulation.now
        return self._waiting.pop(request.request_id, None)

    def _finish(self, request: Request, outcome: str) -> None:
        done = self._settle(request, outcome)
        if done is not None:
            done(outcome == "SUCCESS")

    # --- answers ------------------------------------------------------------------------------

    def put(self, path: str, body: str) -> int:
        """A PUT to a response URL: S3 takes anything; CloudFormation reads it a little later."""
        request = self.requests[path]
        late = request.outcome != "pending" or bool(request.answers)
        if late:
            self.chance.visit("late or second answer ignored")
        request.answers.append(Answer(self.simulation.now, body, late))
        if not late:
            self.simulation.after(self.chance.between(0.1, 2.0), lambda: self._read(request))
        return 200

    def _read(self, request: Request) -> None:
        if request.outcome != "pending":
            return
        body = request.answers[0].body
        reason = "Response object is too long." if len(body.encode()) > MAX_RESPONSE else ""
        answer: Json = {} if reason else json.loads(body)
        if not reason and not 0 < len(answer.get("PhysicalResourceId") or "") <= MAX_ID:
            reason = "Invalid PhysicalResourceId"
        if reason:
            self.chance.visit("answer refused")
            request.stack.reasons.append(reason)
            self._finish(request, "refused")
            return
        if answer["Status"] == "FAILED":
            request.stack.reasons.append(answer["Reason"])
        self._finish(request, answer["Status"])

    # --- names --------------------------------------------------------------------------------

    def _invented(self, stack: Stack, resource: Resource) -> str:
        letters = string.ascii_uppercase + string.digits
        suffix = "".join(self.chance.random.choices(letters, k=12))
        return f"{stack.name}-{resource.logical_id}-{suffix}"
