"""A failing history is reported so that anyone can play it again."""

from __future__ import annotations

import shlex

import pytest

from tests.simulation.cloudformation.conftest import node as node
from tests.simulation.cloudformation.histories import JobHistories
from tests.simulation.cloudformation.mutants import MUTANTS
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.histories import Script, command, failure, report, shortened
from tests.simulation.replay import main

BUG = "stops nothing"
STEPS = 12


def failing(kind: JobHistories) -> Script:
    scripts = (Script(seed, STEPS) for seed in range(30))
    return next(script for script in scripts if kind.play(script).violations)


def test_a_failure_names_its_seed_a_shorter_script_and_the_command_that_replays_it(
    node: NodeProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = JobHistories(node, MUTANTS[BUG], BUG)
    script = failing(kind)
    *told, replay = failure(kind, script).splitlines()
    assert told[0] == f"jobs, seed {script.seed}"
    assert 1 < len(told) - 1 < STEPS, "violations, and fewer steps than were played"
    words = shlex.split(replay)
    assert words[:4] == ["replay:", "python", "-m", "tests.simulation.replay"]
    assert main(words[4:]) == 1
    assert capsys.readouterr().out.splitlines() == told[1:]


def test_no_step_of_a_shortened_history_can_be_left_out(node: NodeProvider) -> None:
    kind = JobHistories(node, MUTANTS[BUG], BUG)
    short = shortened(kind, failing(kind))
    for number in short.numbers():
        assert not kind.play(Script(short.seed, short.steps, short.skipped | {number})).violations


def test_the_command_of_a_history_is_read_back_as_it_was(node: NodeProvider) -> None:
    script = Script(7, 9, frozenset({8, 2}))
    kind = JobHistories(node, MUTANTS["no fence"], "no fence")
    assert command(kind, script) == (
        "replay: python -m tests.simulation.replay jobs 7 --steps 9 --skip 2,8 --mutant 'no fence'"
    )


def test_a_history_that_holds_is_replayed_with_every_step(
    node: NodeProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["jobs", "3", "--steps", "4"]) == 0
    told = capsys.readouterr().out
    assert told == report(JobHistories(node).play(Script(3, 4))) + "\n"
    assert len(told.splitlines()) == 4
