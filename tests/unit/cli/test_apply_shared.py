"""``neoctl apply --state``: a fleet that several actors share, by one pointer and one lease."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import pytest

from reconciler.core.identity import Owner
from reconciler.core.ports import StackView
from reconciler.engine.state import FleetState
from reconciler.handler.fleet.ports import FleetPorts
from reconciler.handler.fleet.schedule import Schedule, ScheduledFleet
from tests.fakes.gateway import FakeArtifacts, FakeGateway, FakeStacks, Travel
from tests.fakes.sagemaker import REGION, Script
from tests.unit.cli.planned import Terminal, at_call, write_spec
from tests.unit.specs.fleets import FLEET

Answer = TypeVar("Answer")
STATE = ("--state", "s3://state/fleets")
ONE = FLEET.replace("[ml_c5, LINUX/ARM64]", "[ml_c5]")
OTHER = ONE.replace("resnet18:", "other:")
C5 = "vision-resnet18-ml-c5-omhsdssni6yl"


class Killed(BaseException):
    """The process is gone; nothing may catch it."""


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    write_spec(ONE)
    return Terminal()


def applied(terminal: Terminal, *words: str) -> int:
    return terminal.run("apply", *(words or ("fleet.yaml",)), "--auto-approve", *STATE)


def state(terminal: Terminal) -> FleetState:
    return FleetState(terminal.buckets.bucket("state"), "fleets/vision/", Owner("vision"))


def declared(terminal: Terminal) -> list[str]:
    """Return the logical names that the fleet declares."""
    stored = state(terminal).generation()
    assert stored is not None
    return [job["logicalName"] for job in state(terminal).document(stored.generation.document).jobs]


def lease(terminal: Terminal, holder: str) -> None:
    """Let another actor hold the lease from now on."""
    stored = state(terminal).generation()
    assert stored is not None
    held = stored.generation.leased(holder, terminal.clock.now(), creates=True)
    state(terminal).write_generation(held, stored.version)


def schedule(terminal: Terminal) -> dict[str, Any]:
    """Let the fleet's Lambda make its passes, as ContinuousReconciliation does."""
    ports = FleetPorts(
        gateway=FakeGateway(terminal.sagemaker), artifacts=FakeArtifacts(terminal.sagemaker),
        stacks=FakeStacks(lambda stack_id: StackView("UPDATE_COMPLETE", None)),
        clock=terminal.clock, pause=terminal.clock.advance,
        progress=lambda event, **fields: None, emit=lambda line: None, buckets=terminal.buckets,
    )  # fmt: skip
    fleet = ScheduledFleet(
        Owner("vision"), "stack", "state", "fleets/vision/", REGION, "111122223333"
    )
    until = terminal.clock.now() + timedelta(minutes=10)
    return dict(Schedule(ports, fleet, "schedule-1", until, lambda subject, text: None).run())


def test_each_apply_declares_its_jobs_beside_those_of_others(terminal: Terminal) -> None:
    assert applied(terminal) == 0
    write_spec(OTHER)
    assert applied(terminal) == 0
    assert declared(terminal) == ["other/ml_c5", "resnet18/ml_c5"]
    assert len(terminal.sagemaker.accepted()) == 2
    counts = state(terminal).manifest().counts
    assert (counts.total, counts.completed) == (2, 2)


def test_the_fleets_lambda_agrees_with_what_was_applied(terminal: Terminal) -> None:
    assert applied(terminal) == 0
    terminal.operations()
    assert schedule(terminal)["completed"] == 1
    assert set(terminal.operations()) == {"List"}


def test_the_fleets_lambda_finishes_what_an_apply_began(terminal: Terminal) -> None:
    terminal.meanwhile = interrupt
    assert applied(terminal) == 130
    terminal.let_all_end()
    terminal.sagemaker.jobs[0].deleted = terminal.clock.time
    assert schedule(terminal)["completed"] == 1
    assert terminal.sagemaker.accepted() == [C5, f"{C5}-r1"]


def interrupt() -> None:
    raise KeyboardInterrupt


def test_nothing_to_change_is_still_declared_once(terminal: Terminal) -> None:
    assert terminal.run("apply", "fleet.yaml", "-y") == 0
    assert applied(terminal) == 0
    assert declared(terminal) == ["resnet18/ml_c5"]
    before = state(terminal).generation()
    assert applied(terminal) == 0
    after = state(terminal).generation()
    assert before is not None
    assert after is not None
    assert before.generation.generation == after.generation.generation
    assert terminal.sagemaker.accepted() == [C5]


def test_a_lease_that_another_actor_holds_is_named_and_waited_for(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert applied(terminal) == 0
    write_spec(OTHER)
    lease(terminal, "deploy-7")
    until = (terminal.clock.now() + timedelta(seconds=120)).isoformat(timespec="seconds")
    assert applied(terminal, "fleet.yaml", "--timeout", "30") == 1
    said = capsys.readouterr()
    assert f"deploy-7 holds the fleet's lease until {until}" in said.err
    assert f"deploy-7 holds the fleet's lease until {until}" in said.out
    assert terminal.sagemaker.accepted() == [C5]
    assert applied(terminal) == 0
    assert terminal.clock.now().isoformat(timespec="seconds") >= until
    assert len(terminal.sagemaker.accepted()) == 2


def test_interrupted_it_releases_the_lease(terminal: Terminal) -> None:
    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        if terminal.sagemaker.accepted() and operation == "ListCompilationJobs":
            raise KeyboardInterrupt
        return commit()

    terminal.travel = travel
    assert applied(terminal) == 130
    stored = state(terminal).generation()
    assert stored is not None
    assert stored.generation.lease is None


def test_interrupted_it_ends_at_once_even_if_s3_does_not_answer(terminal: Terminal) -> None:
    is_interrupted, is_over = Event(), Event()

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        if is_interrupted.is_set():
            is_over.wait(60)
        elif terminal.sagemaker.accepted() and operation == "ListCompilationJobs":
            is_interrupted.set()
            raise KeyboardInterrupt
        return commit()

    terminal.travel = travel
    began = time.monotonic()
    assert applied(terminal) == 130
    assert time.monotonic() - began < 30
    is_over.set()


@pytest.mark.search
def test_killed_at_any_call_the_next_apply_finishes(terminal: Terminal) -> None:
    for number in range(1, 40):
        terminal.sagemaker.jobs.clear()
        terminal.buckets.made.clear()
        terminal.operations()
        terminal.travel = dead_from(number)
        try:
            assert applied(terminal) == 0
            break
        except Killed:
            terminal.travel = dead_from(0)
        assert applied(terminal) == 0, number
        assert terminal.sagemaker.accepted() == [C5], number
        assert declared(terminal) == ["resnet18/ml_c5"]
    assert number > 12, "so many calls were tried"


def dead_from(number: int) -> Travel:
    """Return a way on which no call gets through from one on: a killed process releases nothing."""
    made = 0

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        nonlocal made
        made += 1
        if 0 < number <= made:
            raise Killed
        return commit()

    return travel


def test_applies_at_once_create_each_job_once_and_declare_all(terminal: Terminal) -> None:
    write_spec(OTHER, "other.yaml")
    for number in range(1, 12):
        terminal.sagemaker.jobs.clear()
        terminal.buckets.made.clear()
        terminal.operations()
        inner: list[int] = []

        def other(inner: list[int] = inner) -> None:
            inner.append(applied(terminal, "other.yaml"))

        terminal.travel = at_call(number, other)
        assert applied(terminal) == 0, number
        assert inner == [0], number
        assert len(terminal.sagemaker.accepted()) == 2, number
        assert declared(terminal) == ["other/ml_c5", "resnet18/ml_c5"], number


def test_another_generation_without_its_jobs_ends_an_apply(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    def deploy() -> None:
        stored = state(terminal).generation()
        assert stored is not None
        state(terminal).write_generation(
            stored.generation.succeeded_by(type(stored.generation)(
                1, "deploy-8", terminal.clock.now(), ""
            )), stored.version,
        )  # fmt: skip
        terminal.meanwhile = lambda: None

    terminal.sagemaker.script_of = lambda request: Script(running=100)
    terminal.meanwhile = deploy
    assert applied(terminal) == 1
    assert f"deploy-8 declared another generation (2) of the fleet, without {C5}" in (
        capsys.readouterr().out
    )


def test_prune_takes_jobs_out_of_the_fleet(terminal: Terminal) -> None:
    write_spec(FLEET)
    assert applied(terminal) == 0
    write_spec(ONE)
    assert applied(terminal) == 0
    assert len(declared(terminal)) == 2
    assert applied(terminal, "fleet.yaml", "--prune") == 0
    assert declared(terminal) == ["resnet18/ml_c5"]
    assert len(terminal.sagemaker.accepted("Delete")) == 1
    assert schedule(terminal)["total"] == 1


def test_a_plan_file_says_which_fleet_it_is_for(terminal: Terminal) -> None:
    assert terminal.run("plan", "fleet.yaml", "--out", "plan.json", *STATE) == 0
    assert json.loads(Path("plan.json").read_text())["options"]["state"] == STATE[1]
    assert terminal.run("apply", "plan.json", "-y") == 0
    assert declared(terminal) == ["resnet18/ml_c5"]


def test_a_plan_says_who_holds_the_lease(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("plan", "fleet.yaml", *STATE)
    assert terminal.run(*words) == 0
    assert "s3://state/fleets: vision: no state yet, not held" in capsys.readouterr().err
    assert applied(terminal) == 0
    lease(terminal, "deploy-7")
    capsys.readouterr()
    assert terminal.run(*words) == 0
    assert "generation 1, held by deploy-7 until 22:" in capsys.readouterr().err
    terminal.clock.advance(121)
    assert terminal.run(*words) == 0
    assert "generation 1, not held" in capsys.readouterr().err


def test_what_is_no_place_in_s3_is_refused(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("plan", "fleet.yaml", "--state", "state/fleets") == 1
    assert "write s3://bucket/prefix" in capsys.readouterr().err
    assert terminal.run("plan", "fleet.yaml", "--destroy", *STATE) == 1
    assert terminal.operations() == []
