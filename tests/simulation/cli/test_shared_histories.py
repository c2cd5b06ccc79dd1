"""Histories of a shared fleet: applies of two repositories and the fleet's Lambda, some killed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.core.fleet.document import FleetDocument
from reconciler.core.identity import Owner
from reconciler.core.ownership import LOGICAL_NAME
from reconciler.core.ports import StackView
from reconciler.engine.state import FleetState
from reconciler.handler.fleet.ports import FleetPorts
from reconciler.handler.fleet.schedule import Schedule, ScheduledFleet
from tests.fakes.gateway import FakeArtifacts, FakeGateway, FakeStacks
from tests.fakes.sagemaker import REGION, ApiError, Script
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.specs.fleets import FLEET

Answer = TypeVar("Answer")
STATE = ("--state", "s3://state/fleets")
OURS = (
    FLEET,
    FLEET.replace("[ml_c5, LINUX/ARM64]", "[ml_c5]"),
    FLEET.replace("224, 224", "224, 320"),
)
THEIRS = FLEET.replace("resnet18:", "theirs:")
SCRIPTS = (
    Script(),
    Script(running=500),
    Script(outcome="FAILED", reason="InternalServerError: try again later"),
)


class Killed(BaseException):
    """The process is gone; nothing may catch it."""


class Network:
    """Kills the process from one call on, or throttles that call."""

    def __init__(self) -> None:
        self.left, self.throttles = 0, False

    def __call__(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        self.left -= 1
        if self.throttles and self.left == 0:
            raise ApiError("ThrottlingException", "Rate exceeded")
        if not self.throttles and -1000 < self.left <= 0:
            raise Killed(operation)
        return commit()

    def heal(self) -> None:
        """Let every call through."""
        self.left, self.throttles = -10_000, False


steps = st.one_of(
    st.tuples(st.just("apply"), st.sampled_from(OURS), st.sampled_from(SCRIPTS), st.integers(1, 40),
              st.booleans()),
    st.tuples(st.just("theirs"), st.sampled_from(SCRIPTS)),
    st.tuples(st.just("Lambda"), st.integers(1, 30), st.booleans()),
    st.tuples(st.just("wait"), st.integers(1, 1000)),
)  # fmt: skip


def play(terminal: Terminal, network: Network, step: tuple[object, ...]) -> None:
    """Let one thing happen."""
    match step:
        case ("apply", str(spec), Script() as script, int(at), bool(throttles)):
            write_spec(spec)
            terminal.sagemaker.script_of = lambda request: script
            network.left, network.throttles = at, throttles
            with contextlib.suppress(Killed):
                terminal.run("apply", "fleet.yaml", "-y", "--timeout", "300", *STATE)
        case ("theirs", Script() as script):
            terminal.sagemaker.script_of = lambda request: script
            terminal.run("apply", "theirs.yaml", "-y", "--timeout", "300", *STATE)
        case ("Lambda", int(at), bool(throttles)):
            network.left, network.throttles = at, throttles
            with contextlib.suppress(Killed):
                schedule(terminal, network)
        case ("wait", int(seconds)):
            terminal.clock.advance(seconds)
        case _:
            raise AssertionError(step)
    network.heal()


def schedule(terminal: Terminal, network: Network) -> None:
    """Let the fleet's Lambda make its passes."""
    ports = FleetPorts(
        gateway=FakeGateway(terminal.sagemaker, network),
        artifacts=FakeArtifacts(terminal.sagemaker, network),
        stacks=FakeStacks(lambda stack_id: StackView("UPDATE_COMPLETE", None)),
        clock=terminal.clock, pause=terminal.clock.advance,
        progress=lambda event, **fields: None, emit=lambda line: None, buckets=terminal.buckets,
    )  # fmt: skip
    fleet = ScheduledFleet(
        Owner("vision"), "stack", "state", "fleets/vision/", REGION, "111122223333"
    )
    until = terminal.clock.now() + timedelta(minutes=10)
    holder = f"schedule-{terminal.clock.time}"
    with contextlib.suppress(Exception):  # an invocation that fails is tried again by the next
        Schedule(ports, fleet, holder, until, lambda subject, text: None).run()


def declared(terminal: Terminal) -> set[str]:
    """Return the logical names that the fleet declares."""
    state = FleetState(terminal.buckets.bucket("state"), "fleets/vision/", Owner("vision"))
    stored = state.generation()
    assert stored is not None
    document: FleetDocument = state.document(stored.generation.document)
    return {job["logicalName"] for job in document.jobs}


def check_one_live_job_a_name(terminal: Terminal) -> None:
    """Check that no two jobs of one logical name run at once (I1)."""
    live = [job.tags[LOGICAL_NAME] for job in terminal.sagemaker.live()]
    assert len(live) == len(set(live)), live


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=7))
def test_whatever_happened_a_shared_fleet_comes_to_what_both_repositories_declare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, history: list[tuple[object, ...]]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_spec(THEIRS, "theirs.yaml")
    network = Network()
    network.heal()
    terminal = Terminal(travel=network)
    for step in history:
        play(terminal, network, step)
        check_one_live_job_a_name(terminal)
    terminal.clock.advance(100_000)
    terminal.sagemaker.script_of = lambda request: Script()
    write_spec(FLEET)
    words = ("-y", "--retry-failed", "all", *STATE)
    assert terminal.run("apply", "theirs.yaml", *words) == 0
    assert terminal.run("apply", "fleet.yaml", *words) == 0
    assert {f"{model}/{target}" for model in ("resnet18", "theirs")
            for target in ("ml_c5", "LINUX_ARM64")} == declared(terminal)  # fmt: skip
    accepted = terminal.sagemaker.accepted()
    assert len(accepted) == len(set(accepted)), "no name is accepted twice (I1)"
    terminal.operations()
    schedule(terminal, network)
    assert not {"Create", "Stop", "Delete"} & set(terminal.operations()), "the Lambda agrees (I7)"
    check_one_live_job_a_name(terminal)
    assert terminal.sagemaker.live() == []
