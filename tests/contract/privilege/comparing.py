"""Recorded calls against policies, in both directions, as the engine decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from tests.contract.privilege import recording
from tests.contract.privilege.engine import ALLOWED, Request, decisions
from tests.contract.privilege.policies import single_rights
from tests.contract.privilege.recording import Call
from tests.contract.privilege.stacks import Deployed

# What AWS does with a function's role when none of the function's code runs: Lambda puts an event
# that it could not deliver into the queue (Lambda developer guide, "Dead-letter queues").
BY_AWS: Final = frozenset({
    Call(recording.SCHEDULE, "sqs:SendMessage", "dead letters"),
    Call(recording.SCHEDULE, "kms:Decrypt", "key of dead letters"),
    Call(recording.SCHEDULE, "kms:GenerateDataKey", "key of dead letters"),
})  # fmt: skip


def requests(stack: Deployed, calls: Iterable[Call]) -> list[Request]:
    """The calls of this stack's functions, as its requests; a target that no function has there
    is an error.
    """
    return [
        stack.request(call) for call in sorted({*calls, *BY_AWS}) if call.function in stack.roles
    ]


def missing(stack: Deployed, calls: Iterable[Call]) -> list[str]:
    """Return every call that the roles of the stack do not allow."""
    asked = requests(stack, calls)
    decided = decisions(stack.policies, asked)
    return [f"{request}: {each}" for request, each in zip(asked, decided, strict=True)
            if each != ALLOWED]  # fmt: skip


def unused(stack: Deployed, calls: Iterable[Call]) -> list[str]:
    """Return every action on every resource of every policy that no call needed."""
    return unused_of(stack, requests(stack, calls))


def unused_of(stack: Deployed, asked: list[Request]) -> list[str]:
    """Return every action on every resource of every policy that none of these requests needed."""
    alone: dict[str, list[dict[str, Any]]] = {}
    tried: list[Request] = []
    for function, documents in stack.policies.items():
        for document in documents:
            for action, resource, single in single_rights(document):
                name = f"{function}: {action} on {resource}"
                alone.setdefault(name, []).append(single)
                tried += [
                    replace(each, role=name)
                    for each in asked
                    if (each.role, each.action) == (function, action)
                ]
    decided = decisions(alone, tried)
    used = {each.role for each, answer in zip(tried, decided, strict=True) if answer == ALLOWED}
    return sorted(alone.keys() - used)
