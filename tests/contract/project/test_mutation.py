"""How mutants are chosen, judged and counted."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from scripts.mutation import SIMULATION, SLOW, UNIT, checkout, lives, sample
from scripts.mutation_score import PACKAGES, Score, report, scores
from tests.paths import ROOT

MUTANTS = [f"reconciler.{package}.m.x_f__mutmut_{n}" for package in PACKAGES for n in range(50)]


def survivor(mutant: str, equivalent: str = "") -> dict[str, str]:
    return {"mutant": mutant, "before": "a", "after": "b", "equivalent": equivalent}


def test_a_sample_has_as_many_of_each_package_and_depends_on_the_seed_alone() -> None:
    chosen = sample(MUTANTS, 10, seed=1)
    assert len(set(chosen)) == 10 * len(PACKAGES)
    assert chosen == sample(MUTANTS, 10, seed=1)
    assert chosen != sample(MUTANTS, 10, seed=2)
    assert set(sample(MUTANTS, 99, seed=1)) == set(MUTANTS)


@pytest.mark.parametrize(
    ("code", "alive"),
    [(0, True), (33, True), (None, True), (1, False), (3, False), (36, False), (-24, False)],
)
def test_a_mutant_lives_if_no_test_fails_or_none_reaches_it(code: int | None, alive: bool) -> None:
    assert lives(code) is alive


def test_what_changes_nothing_is_not_counted() -> None:
    alive = [survivor(MUTANTS[0]), survivor(MUTANTS[1], "the same"), survivor(MUTANTS[50])]
    found = scores(dict.fromkeys(MUTANTS), MUTANTS, alive)
    assert found["core"] == Score(mutants=50, sampled=50, killed=48, equivalent=1)
    assert found["core"].percent == pytest.approx(100 * 48 / 49)
    assert found["engine"].killed == 49
    assert found["rules"].percent == 100


def test_a_score_has_the_interval_that_its_sample_allows() -> None:
    low, high = Score(mutants=1000, sampled=100, killed=90, equivalent=0).interval()
    assert (round(low, 1), round(high, 1)) == (82.6, 94.5)
    assert Score(mutants=0, sampled=0, killed=0, equivalent=0).interval() == (0.0, 100.0)


def test_a_package_weighs_as_much_as_it_has_mutants() -> None:
    found = {"core": Score(300, 10, 10, 0), "rules": Score(100, 10, 6, 0)}
    made = report(found, [survivor("reconciler.rules.m.x_f__mutmut_1")], seed=7)
    assert (made["score"], made["seed"]) == (90.0, 7)
    assert made["packages"]["rules"]["score"] == 60.0
    assert len(made["survivors"]) == 1


@pytest.mark.parametrize("name", [*UNIT, *SIMULATION, *(test.split("::")[0] for test in SLOW)])
def test_the_tests_that_judge_are_there(name: str) -> None:
    assert (ROOT / name).exists()


def test_a_slow_test_that_is_left_out_is_there() -> None:
    for path, _, name in (test.partition("::") for test in SLOW):
        assert not name or f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_a_checkout_tells_mutmut_what_to_change_and_which_tests_judge(tmp_path: Path) -> None:
    checkout(tmp_path / "unit", ["tests/unit/core"])
    parser = configparser.ConfigParser()
    parser.read(tmp_path / "unit" / "setup.cfg")
    assert "reconciler/handler/*" in parser["mutmut"]["only_mutate"].split("\n")
    assert parser["mutmut"]["pytest_add_cli_args_test_selection"].strip() == "tests/unit/core"
    options = parser["mutmut"]["pytest_add_cli_args"].strip().split("\n")
    assert options[-1] == "--hypothesis-profile=unit"
    assert (tmp_path / "unit" / "mutants" / ".venv").resolve() == (ROOT / ".venv").resolve()
