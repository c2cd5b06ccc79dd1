"""The long run plays what is left of a commit, and its figures tell what was violated."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from benchmarks.comparison.playing import Compared
from benchmarks.comparison.playing import suites as compared
from benchmarks.comparison.subjects import OURS
from benchmarks.long_run.__main__ import figures, write
from benchmarks.long_run.journal import Journal
from benchmarks.long_run.parts import HISTORIES, Tally
from benchmarks.long_run.playing import Work, left, play, play_all
from benchmarks.long_run.suites import EveryOrder, suites
from tests.paths import ROOT
from tests.simulation.applies.races import CALLS, explore_race, two_applies
from tests.simulation.applies.test_mutants_are_caught import plans_without_looking
from tests.simulation.cloudformation.interleavings import explore
from tests.simulation.cloudformation.mutants import MUTANTS
from tests.simulation.cloudformation.races import cancelled
from tests.simulation.replay_order import main as replay_order
from tests.simulation.siblings import CASES, INSTANTS


@dataclass
class Counted:
    """A suite whose second part violates something."""

    name: str = "counted"
    what: str = "numbers"
    parts: int = 3
    cases: int | None = 6
    played: list[int] = field(default_factory=list)

    def play(self, part: int) -> Tally:
        self.played.append(part)
        tally = Tally()
        tally.add("", steps=50, seconds=1800.0)
        tally.add("it leaked" if part == 1 else "", steps=50, seconds=1800.0)
        return tally


class Broken(Counted):
    """A suite that cannot be played."""

    def play(self, part: int) -> Tally:
        raise ZeroDivisionError


def journal(folder: Path) -> Journal:
    return Journal(folder / "abc", "abc")


def test_a_killed_run_goes_on_with_the_parts_that_are_left(tmp_path: Path) -> None:
    first, second, kept = Counted("first"), Counted("second"), journal(tmp_path)
    assert [(s.name, n) for s, n in left(kept, [first, second])][:3] == [
        ("first", 0), ("second", 0), ("first", 1),
    ]  # fmt: skip
    kept.keep(first, 0, play((first, 0)))
    kept.keep(first, 2, play((first, 2)))
    assert [(s.name, n) for s, n in left(kept, [first])] == [("first", 1)]
    assert [*left(Journal(tmp_path / "def", "def"), [first])] == [(first, n) for n in range(3)]


def test_the_figures_add_up_what_was_played_and_keep_each_failure(tmp_path: Path) -> None:
    suite, kept = Counted(), journal(tmp_path)
    for part in (2, 1):
        kept.keep(suite, part, play((suite, part)))
    found = figures(kept, suite)
    assert not found["complete"]
    assert (found["cases"], found["steps"], found["simulated hours"]) == (4, 200, 2)
    assert (found["violations"], found["failures"]) == (1, ["it leaked"])
    kept.keep(suite, 0, play((suite, 0)))
    shown = write(kept, [suite], tmp_path / "results.json")
    assert shown == json.loads((tmp_path / "results.json").read_text())
    assert (shown["commit"], shown["complete"], shown["violations"]) == ("abc", True, 1)


def test_the_whole_run_is_what_is_promised() -> None:
    by_name = {suite.name: suite for suite in suites()}
    for kind in ("jobs", "fleets", "applies"):
        assert by_name[f"histories-of-{kind}"].cases == HISTORIES == 10_000
    assert len(set(INSTANTS)) >= 200
    assert by_name["failing-siblings"].cases == len(set(CASES)) == 8 * len(INSTANTS)


def test_every_part_can_be_sent_to_another_process() -> None:
    for suite in (*suites(), *compared()):
        sent = pickle.loads(pickle.dumps(suite))
        assert (sent.name, sent.parts, sent.cases) == (suite.name, suite.parts, suite.cases)


def test_a_part_that_breaks_ends_the_run(tmp_path: Path) -> None:
    work: list[Work] = [(Broken(), 0), *((Counted(), part) for part in range(3))]
    with pytest.raises(ZeroDivisionError):
        [*play_all(journal(tmp_path), work, 1)]


def test_without_workers_nothing_is_played(tmp_path: Path) -> None:
    assert [*play_all(journal(tmp_path), [(Broken(), 0)], 0)] == []


def test_one_command_plays_and_writes(tmp_path: Path) -> None:
    words = ["histories-of-jobs", "--histories", "2", "--workers", "1"]
    words += ["--journal", str(tmp_path), "--results", str(tmp_path / "r.json")]
    words += ["--docs", str(tmp_path)]
    (tmp_path / "proof.md").write_text((ROOT / "docs" / "proof.md").read_text())
    assert "histories-of-jobs: 2 of 2, violations: 0" in command(words)
    assert "0 parts to play" in command(words)
    suite = json.loads((tmp_path / "r.json").read_text())["suites"]["histories-of-jobs"]
    assert (suite["cases"], suite["steps"]) == (2, 100)
    assert suite["simulated hours"] >= 1
    assert "seeds 0 to 1 | 2 | 100 |" in (tmp_path / "proof.md").read_text()


def command(words: list[str]) -> str:
    """Run the long run as make does; its workers import it anew. Return what it says."""
    python = [sys.executable, "-m", "benchmarks.long_run", *words]
    return subprocess.run(python, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_a_bug_in_the_handler_is_reported_with_the_command_that_replays_it() -> None:
    broken = Compared(replace(OURS, handler=MUTANTS["few attributes"]), cases=2)
    tally = broken.play(0)
    assert tally.violating > 0
    for text in tally.failures:
        assert text.splitlines()[-1].startswith("replay: python -m tests.simulation.replay jobs ")


def test_a_bug_in_one_order_of_calls_is_reported_with_the_command_that_replays_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = "tests.simulation.cloudformation.races.our_handler"
    monkeypatch.setattr(ours, MUTANTS["stops nothing"])
    suite = EveryOrder("orders", "", (partial(explore, cancelled, calls=CALLS),))
    [text] = suite.play(0).failures
    words = text.splitlines()[-1].split()
    assert words[:5] == ["replay:", "python", "-m", "tests.simulation.replay_order", "cancelled"]
    assert replay_order(words[4:]) == 1
    assert "create: " in capsys.readouterr().out
    monkeypatch.undo()
    assert replay_order(words[4:]) == 0


def test_a_bug_of_an_apply_in_one_order_is_replayed_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plans_without_looking(monkeypatch)
    suite = EveryOrder("orders", "", (partial(explore_race, two_applies, CALLS),))
    [text] = suite.play(0).failures
    words = text.splitlines()[-1].split()
    assert words[4] == "two_applies"
    assert replay_order(words[4:]) == 1
    assert "CreateCompilationJob" in capsys.readouterr().out
