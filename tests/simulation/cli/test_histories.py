"""Histories of applies: killed, at once, throttled, with jobs changed behind their back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.core.ownership import LOGICAL_NAME
from tests.fakes.sagemaker import LIVE, ApiError, Script
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.specs.fleets import FLEET

Answer = TypeVar("Answer")
SPECS = (
    FLEET,
    FLEET.replace("[ml_c5, LINUX/ARM64]", "[ml_c5, ml_m5, ml_c4]"),
    FLEET.replace("224, 224", "224, 320"),
)
SCRIPTS = (
    Script(),
    Script(running=800_000),
    Script(outcome="FAILED", reason="ClientError: InputConfiguration: no"),
    Script(outcome="FAILED", reason="InternalServerError: try again later"),
)


class Killed(BaseException):
    """The process is gone; nothing may catch it."""


class Network:
    """Kills the process, or throttles, at one call from now; before or after it is committed."""

    def __init__(self) -> None:
        self.left, self.committed, self.throttles = 0, False, False

    def __call__(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        self.left -= 1
        if self.left != 0:
            return commit()
        if self.throttles:
            raise ApiError("ThrottlingException", "Rate exceeded")
        if self.committed:
            commit()
        raise Killed(operation)


specs = st.sampled_from(SPECS)
steps = st.one_of(
    st.tuples(st.just("apply"), specs, st.sampled_from(SCRIPTS), st.integers(0, 25), st.booleans(),
              st.booleans()),
    st.tuples(st.just("plan"), specs),
    st.tuples(st.just("apply plan"), st.sampled_from(SCRIPTS)),
    st.tuples(st.just("stop"), st.integers(0, 5)),
    st.tuples(st.just("delete"), st.integers(0, 5)),
    st.tuples(st.just("wait"), st.integers(1, 5000)),
)  # fmt: skip


def play(terminal: Terminal, network: Network, step: tuple[object, ...]) -> None:
    """Let one thing happen."""
    match step:
        case ("apply", str(spec), Script() as script, int(at), bool(committed), bool(throttles)):
            write_spec(spec)
            network.left, network.committed, network.throttles = at, committed, throttles
            apply(terminal, script, "fleet.yaml")
            network.left = 0
        case ("plan", str(spec)):
            write_spec(spec)
            terminal.run("plan", "fleet.yaml", "--out", "plan.json")
        case ("apply plan", Script() as script) if Path("plan.json").exists():
            apply(terminal, script, "plan.json")
        case (str(what), int(number)):
            behind_our_back(terminal, what, number)
        case _:
            assert step[0] == "apply plan"


def apply(terminal: Terminal, script: Script, path: str) -> None:
    """Apply a spec or a plan; jobs that it creates go as the script says."""
    terminal.sagemaker.script_of = lambda request: script
    with contextlib.suppress(Killed):
        terminal.run("apply", path, "-y", "--timeout", "600")


def behind_our_back(terminal: Terminal, what: str, number: int) -> None:
    """Let time pass, or somebody stop or delete a job."""
    jobs = terminal.sagemaker.jobs
    if what == "wait":
        terminal.clock.advance(number)
    if what == "wait" or not jobs:
        return
    job = jobs[number % len(jobs)]
    is_live = job.status(terminal.clock.time) in LIVE
    if what == "stop" and job in terminal.sagemaker.live():
        job.stop(terminal.clock.time)
    elif what == "delete" and not is_live and job.deleted is None:
        job.deleted = terminal.clock.time


def check_one_live_job_a_name(terminal: Terminal) -> None:
    """Check that no two jobs of one logical name run at once (I1)."""
    live = [job.tags[LOGICAL_NAME] for job in terminal.sagemaker.live()]
    assert len(live) == len(set(live)), live


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=8))
def test_whatever_happened_an_apply_brings_the_account_to_what_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, history: list[tuple[object, ...]]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plan.json").unlink(missing_ok=True)
    network = Network()
    terminal = Terminal(travel=network)
    for step in history:
        play(terminal, network, step)
        check_one_live_job_a_name(terminal)
    write_spec(FLEET)
    terminal.clock.advance(1_000_000)
    terminal.sagemaker.script_of = lambda request: Script()
    words = ("--prune", "--retry-failed", "all", "-y")
    assert terminal.run("apply", "fleet.yaml", *words) == 0
    accepted = terminal.sagemaker.accepted()
    deleted = {job.name for job in terminal.sagemaker.jobs if job.deleted is not None}
    kept = [name for name in accepted if name not in deleted]
    assert len(kept) == len(set(kept)), "no name is accepted twice (I1)"
    assert terminal.sagemaker.live() == []
    terminal.operations()
    assert terminal.run("plan", "fleet.yaml", "--prune", "--detailed-exitcode") == 0
    assert set(terminal.operations()) == {"List"}
