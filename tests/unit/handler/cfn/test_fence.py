"""The fence: every StackStatus has a phase, and a poll acts only in its own operation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.core.contract import SETTLE
from reconciler.core.ports import StackView
from reconciler.handler.cfn.event import ACTS_IN, SENT_IN, RequestType
from reconciler.handler.cfn.fence import Baseline, Fence, StackPhase, Superseded, phase_of
from tests.fakes.gateway import FakeStacks

AT_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("CREATE_IN_PROGRESS", StackPhase.FORWARD),
        ("UPDATE_IN_PROGRESS", StackPhase.FORWARD),
        ("UPDATE_ROLLBACK_IN_PROGRESS", StackPhase.ROLLBACK),
        ("ROLLBACK_IN_PROGRESS", StackPhase.REMOVAL),
        ("DELETE_IN_PROGRESS", StackPhase.REMOVAL),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackPhase.REMOVAL),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", StackPhase.REMOVAL),
        ("CREATE_COMPLETE", StackPhase.SETTLED),
        ("UPDATE_ROLLBACK_FAILED", StackPhase.SETTLED),
        ("SOMETHING_NEW", StackPhase.SETTLED),
    ],
)
def test_every_status_has_a_phase(status: str, phase: StackPhase) -> None:
    assert phase_of(status) is phase


def passes(request: RequestType, began: StackView | None, now: StackView | None) -> bool:
    fence = Fence(
        FakeStacks(stack_view=lambda stack_id: now),
        "stack",
        Baseline.from_wire(Baseline.of(began, SENT_IN[request]).to_wire()),
        ACTS_IN[request],
        outlives_stack=request is RequestType.DELETE,
        began=AT_NOON,
        now=AT_NOON + SETTLE,
    )
    try:
        fence.check()
    except Superseded:
        return False
    return True


CREATING = StackView("CREATE_IN_PROGRESS", None)
UPDATING = StackView("UPDATE_IN_PROGRESS", AT_NOON)
UNDOING = StackView("UPDATE_ROLLBACK_IN_PROGRESS", AT_NOON)
UNDONE_BEFORE = StackView("UPDATE_ROLLBACK_IN_PROGRESS", AT_NOON.replace(hour=11))
UNDONE_LATER = StackView("UPDATE_ROLLBACK_IN_PROGRESS", AT_NOON.replace(hour=13))
ROLLING_BACK = StackView("ROLLBACK_IN_PROGRESS", None)
CLEANING = StackView("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", AT_NOON)
DONE = StackView("UPDATE_COMPLETE", AT_NOON)
LATER_UPDATE = StackView("UPDATE_IN_PROGRESS", AT_NOON.replace(hour=13))


@pytest.mark.parametrize(
    ("request_type", "began", "now", "expected"),
    [
        ("Create", CREATING, CREATING, True),
        ("Create", CREATING, ROLLING_BACK, False),
        ("Create", ROLLING_BACK, ROLLING_BACK, False),  # a late delivery
        ("Create", DONE, UPDATING, True),  # the first reading lagged behind
        ("Create", DONE, UNDOING, False),
        ("Update", UPDATING, UPDATING, True),
        ("Update", UPDATING, UNDOING, False),
        ("Update", UPDATING, LATER_UPDATE, False),
        ("Update", UPDATING, DONE, False),
        ("Update", UNDOING, UNDOING, True),
        ("Update", UNDONE_BEFORE, UNDOING, True),  # the first reading lagged behind
        ("Update", UNDONE_BEFORE, UNDONE_LATER, False),
        ("Update", UPDATING, None, False),
        ("Delete", CLEANING, CLEANING, True),
        ("Delete", CLEANING, LATER_UPDATE, False),
        ("Delete", ROLLING_BACK, None, True),
        ("Delete", None, DONE, True),
        ("Delete", UPDATING, CLEANING, True),  # the first reading lagged behind
        ("Create", ROLLING_BACK, LATER_UPDATE, False),  # a late delivery, and a later update
    ],
)
def test_a_request_acts_only_in_its_own_operation(
    request_type: str, began: StackView | None, now: StackView | None, expected: bool
) -> None:
    assert passes(RequestType(request_type), began, now) is expected


def test_a_baseline_is_later_than_what_was_read_before_the_operation_began() -> None:
    began = datetime(2026, 11, 20, 12, tzinfo=UTC)
    views = [StackView("UPDATE_IN_PROGRESS", began + timedelta(seconds=s)) for s in (-1, 0, 1)]
    known = Baseline(StackPhase.FORWARD, began.isoformat())
    assert [known.is_later_than(view) for view in views] == [True, False, False]
    unknown = Baseline(None, began.isoformat())
    assert [unknown.is_later_than(view) for view in views] == [False, False, False]
    assert known.is_later_than(StackView("CREATE_COMPLETE", None))
