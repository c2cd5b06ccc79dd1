"""Applies with one mistake each. Histories that do not notice them would prove nothing."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from reconciler.cli.plans import applying
from reconciler.cli.plans.approval import Approval
from reconciler.cli.plans.planning import Planning
from reconciler.core import planner
from reconciler.core.ownership import Ownership
from reconciler.core.plan import Plan
from reconciler.engine import gather
from reconciler.handler.cfn.answer import ResourceFailed
from tests.simulation.applies.histories import random_world
from tests.simulation.applies.invariants import violations
from tests.simulation.applies.steps import play

HISTORIES, STEPS = 400, 8
Break = Callable[[pytest.MonkeyPatch], None]


def permits_everything(patch: pytest.MonkeyPatch) -> None:
    """Does what is right now, instead of what was planned."""
    patch.setattr(Approval, "permit", lambda self, plan, seen: plan)


def owns_everything(patch: pytest.MonkeyPatch) -> None:
    """Takes a name that looks alike for its own."""
    for module in (planner, gather):
        patch.setattr(module, "ownership", lambda job: Ownership.OURS)


def forgets_what_it_started(patch: pytest.MonkeyPatch) -> None:
    """Does not remember the jobs that an interrupted pass created."""
    patch.setattr(applying, "_CREATIONS", frozenset())


def stops_nothing(patch: pytest.MonkeyPatch) -> None:
    """Leaves running what nothing declares any more."""
    patch.setattr(planner, "_remove", lambda job, *, prune: iter(()))


def overtakes_what_came_since(patch: pytest.MonkeyPatch) -> None:
    """Creates what a newer declaration has replaced since the plan was made."""
    patch.setattr(Approval, "_overtaken", lambda *_: None)


def plans_without_looking(patch: pytest.MonkeyPatch) -> None:
    """Plans as if the account were empty, every time."""
    original = Planning.against

    def against(self: Planning, account: object, source: object) -> object:
        document = original(self, account, source)  # type: ignore[arg-type]
        return replace(document, actions=())

    patch.setattr(Planning, "against", against)
    patch.setattr(Approval, "permit", lambda self, plan, seen: Plan.of(plan.actions))


MUTANTS: Final[dict[Break, str]] = {
    permits_everything: "F1",
    owns_everything: "I3",
    forgets_what_it_started: "Ctrl-C",
    stops_nothing: "I2",
    overtakes_what_came_since: "F1",
    plans_without_looking: "F1",
}


def _name(value: object) -> str:
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(("mutate", "expected"), MUTANTS.items(), ids=_name)
def test_a_mistake_is_noticed(
    monkeypatch: pytest.MonkeyPatch, mutate: Break, expected: str
) -> None:
    mutate(monkeypatch)
    found: Counter[str] = Counter()
    for seed in range(HISTORIES):
        world = random_world(seed)
        with contextlib.suppress(ResourceFailed):
            play(world, range(STEPS))
        for violation in violations(world):
            found[violation.invariant] += 1
            found["Ctrl-C"] += "Ctrl-C" in violation.text
        if found[expected]:
            return
    pytest.fail(f"{expected} was never violated; found: {found}")
