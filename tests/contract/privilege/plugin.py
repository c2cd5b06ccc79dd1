"""Every test of the suite records what the functions call, and fails if a role does not allow it.

The calls that the roles allow are in calls.json, which test_recorded_calls.py compares with the
policies of synthesized templates, in both directions. Workers hand what they recorded to the
controller, which says at the end how much of that the run has seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.contract.privilege.allowed import TABLE, allowed_calls, forbidden_calls
from tests.contract.privilege.recording import CALLS, Call

_KEY: Final = "recorded calls"


@pytest.fixture(autouse=True)
def only_allowed_calls() -> Iterator[None]:
    """No function may have called what its role does not allow."""
    yield
    found = "\n".join(forbidden_calls())
    assert found == "", f"calls that no role allows ({TABLE.name}):\n{found}"


_gathered: Final[set[Call]] = set()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its calls over; a run without workers has them."""
    output = getattr(session.config, "workeroutput", None)
    if output is None:
        _gathered.update(CALLS)
    else:
        output[_KEY] = [(call.function, call.action, call.target) for call in sorted(CALLS)]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """The controller takes what a worker recorded."""
    _gathered.update(Call(*each) for each in getattr(node, "workeroutput", {}).get(_KEY, []))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line: what the run has seen of what is allowed."""
    if _gathered:
        functions = {call.function for call in _gathered}
        terminalreporter.write_line(
            f"least privilege: {len(_gathered)} kinds of calls of {len(functions)} functions were "
            f"recorded, all allowed; {len(allowed_calls() - _gathered)} allowed ones were not seen"
        )
