"""What a list of a stack's resources says, and what it says if it leaves something out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.core.contract import ROW_LAG
from reconciler.core.ports import StackResourceView, StackView, Unavailable
from reconciler.handler.cfn.event import ACTS_IN, SENT_IN, RequestType
from reconciler.handler.cfn.fence import Baseline, Fence, Superseded
from tests.fakes.gateway import FakeStacks

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
UPDATE_BEGAN = BEGAN - timedelta(minutes=5)
CREATING = StackView("CREATE_IN_PROGRESS", None)
UPDATING = StackView("UPDATE_IN_PROGRESS", UPDATE_BEGAN)
UNDOING = StackView("UPDATE_ROLLBACK_IN_PROGRESS", UPDATE_BEGAN)
LONG_AGO = UPDATE_BEGAN - timedelta(days=1)
Row = tuple[str, datetime | None]


def answer(view: StackView, rows: dict[str, Row], elapsed: timedelta) -> str:
    """Return what a request to Model is to do: go on, wait, or end."""
    resources = {
        name: StackResourceView(name.lower(), status, changed)
        for name, (status, changed) in rows.items()
    }
    request = RequestType.CREATE if view is CREATING else RequestType.UPDATE
    fence = Fence(
        FakeStacks(lambda stack_id: view, lambda stack_id: resources), "stack",
        Baseline.of(view, SENT_IN[request]), ACTS_IN[request], BEGAN, BEGAN + elapsed, "Model",
    )  # fmt: skip
    try:
        fence.check_change()
    except Superseded:
        return "end"
    except Unavailable:
        return "wait"
    return "go on"


REST, NOW = timedelta(minutes=1), timedelta(0)
ACTIVE: Row = ("UPDATE_IN_PROGRESS", UPDATE_BEGAN)
BEFORE: Row = ("UPDATE_COMPLETE", LONG_AGO)
DONE: Row = ("UPDATE_COMPLETE", UPDATE_BEGAN + timedelta(seconds=9))
JUST: Row = ("UPDATE_COMPLETE", BEGAN + REST - timedelta(seconds=3))


@pytest.mark.parametrize(
    ("view", "rows", "elapsed", "expected"),
    [
        (UPDATING, {"Model": ACTIVE}, NOW, "go on"),
        (UPDATING, {"Model": BEFORE, "Other": ACTIVE}, NOW, "wait"),
        (UPDATING, {"Model": BEFORE, "Other": ACTIVE}, REST, "end"),
        (UPDATING, {"Model": BEFORE}, ROW_LAG - timedelta(seconds=1), "wait"),
        (UPDATING, {"Model": BEFORE}, ROW_LAG, "go on"),
        (UPDATING, {"Model": ("UPDATE_COMPLETE", None)}, REST, "go on"),
        (UPDATING, {"Model": BEFORE, "Other": JUST}, REST, "wait"),
        (UPDATING, {"Other": BEFORE}, REST, "go on"),
        (UPDATING, {}, NOW, "wait"),
        (UPDATING, {"Model": DONE}, REST, "end"),
        (UNDOING, {"Model": DONE}, REST, "go on"),
        (CREATING, {}, NOW, "go on"),
        (CREATING, {"Other": JUST}, NOW, "go on"),
        (CREATING, {"Model": ("CREATE_COMPLETE", BEGAN)}, REST, "end"),
        (CREATING, {"Model": ("CREATE_IN_PROGRESS", BEGAN)}, NOW, "go on"),
    ],
)
def test_a_change_is_made_while_it_is_requested_or_the_list_cannot_tell(
    view: StackView, rows: dict[str, Row], elapsed: timedelta, expected: str
) -> None:
    assert answer(view, rows, elapsed) == expected
