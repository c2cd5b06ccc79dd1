"""The calls that the functions may make: calls.json, which is compared with the policies."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

from tests.contract.privilege.recording import CALLS, Call

TABLE: Final = Path(__file__).with_name("calls.json")


@cache
def allowed_calls() -> frozenset[Call]:
    """Return every call that some function may make."""
    table = json.loads(TABLE.read_text())
    return frozenset(
        Call(function, action, target)
        for function, actions in table.items()
        for action, targets in actions.items()
        for target in targets
    )


def as_table(calls: set[Call]) -> str:
    """Calls as the file has them."""
    table: dict[str, dict[str, list[str]]] = {}
    for call in sorted(calls):
        table.setdefault(call.function, {}).setdefault(call.action, []).append(call.target)
    return json.dumps(table, indent=1) + "\n"


def forbidden_calls() -> list[str]:
    """What was recorded and is not allowed; it is forgotten, so that one test alone fails."""
    found = CALLS - allowed_calls()
    CALLS.difference_update(found)
    return [str(call) for call in sorted(found)]
