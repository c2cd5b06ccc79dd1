"""Test the tests: change the code in one place at a time, and see whether a test fails.

mutmut makes the changes (mutants) and chooses the tests that reach the changed function. A whole
run takes hours, so a random sample of each package is judged, in two rounds: by the unit tests,
and what they let live by the simulations, which take longer. ``make mutants`` runs it, and writes
``benchmarks/results/mutation.json``.

mutmut changes functions and methods. It leaves alone decorated ones, which include properties, and
what a module computes when it is imported: the tables of the rules.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from scripts.mutation_score import PACKAGES, package_of, report, scores

ROOT: Final = Path(__file__).resolve().parent.parent
WORK: Final = ROOT / "build" / "mutants" / "unit"
RESULT: Final = ROOT / "benchmarks" / "results" / "mutation.json"
EQUIVALENT: Final = ROOT / "benchmarks" / "equivalent_mutants.json"
GIT: Final = shutil.which("git") or "git"
SURVIVED: Final = 0
NO_TESTS: Final = 33
UNIT: Final = (
    *(f"tests/unit/{package}" for package in PACKAGES), "tests/contract/test_golden_events.py",
    "tests/contract/test_golden_events_of_fleets.py",
)  # fmt: skip
SIMULATION: Final = ("tests/simulation/fleet", "tests/simulation/cloudformation")
# Minutes each; what they see, the others see too.
SLOW: Final = (
    "tests/simulation/cloudformation/test_every_interleaving.py",
    "tests/simulation/cloudformation/test_mutants_are_caught.py",
    "tests/simulation/cloudformation/test_random_histories.py",
    "tests/simulation/fleet/test_actors.py::"
    "test_a_crash_before_or_after_any_call_creates_nothing_twice_and_leaves_nothing",
    "tests/simulation/fleet/test_in_cloudformation.py::"
    "test_random_histories_leave_nothing_that_nobody_declares",
)
OPTIONS: Final = (
    "-p", "no:cacheprovider", "--hypothesis-profile=unit",
    "-m", "not long and not embedded and not compiles and not search",
    *(word for test in SLOW for word in ("--deselect", test)),
)  # fmt: skip
_ENDLESS: Final = 1800
_CONFIG: Final = """\
[mutmut]
source_paths=reconciler
only_mutate=
{mutated}
also_copy=
{copied}
pytest_add_cli_args=
{options}
pytest_add_cli_args_test_selection=
{tests}
use_git_change_detection=false
track_dependencies=false
process_isolation=forkserver
timeout_multiplier=30.0
"""
# A server that only imports the tests forks each mutant: nothing that earlier tests left in caches
# hides a change.
_MUTMUT: Final = "from mutmut.__main__ import cli; cli()"


def checkout(folder: Path, tests: Sequence[str]) -> None:
    """Copy what Git tracks, with mutmut's configuration for these tests."""
    files = subprocess.run([GIT, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = [name for name in files.stdout.decode().split("\0") if name]
    for name in names:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for name in (".venv", "node_modules"):
        for place in (folder, folder / "mutants"):
            place.mkdir(exist_ok=True)
            if not (place / name).is_symlink():
                (place / name).symlink_to((ROOT / name).resolve())
    copied = {name.split("/")[0] for name in names} - {"reconciler", "tests", ".gitignore"}
    markers = "not long and not embedded and not compiles and not search"
    options = ["-p", "no:cacheprovider", "-m", markers, "--hypothesis-profile=unit"]
    mutated = [f"reconciler/{package}/*" for package in PACKAGES]
    lists = {
        "mutated": mutated, "copied": sorted(copied), "options": options, "tests": list(tests),
    }  # fmt: skip
    shown = {key: "\n".join(f"    {word}" for word in words) for key, words in lists.items()}
    (folder / "setup.cfg").write_text(_CONFIG.format(**shown), encoding="utf-8")


def mutmut(folder: Path, mutants: Iterable[str], workers: int) -> None:
    """Judge these mutants."""
    if not (names := list(mutants)):
        return
    command = [sys.executable, "-c", _MUTMUT, "run", "--max-children", str(workers), *names]
    subprocess.run(command, cwd=folder, check=True)


def results(folder: Path) -> dict[str, int | None]:
    """Return the exit code of each mutant's tests, in order; None for those not judged yet."""
    found: dict[str, int | None] = {}
    for path in sorted((folder / "mutants" / "reconciler").rglob("*.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        found.update(sorted(codes.items()))
    return found


def sample(mutants: Iterable[str], each: int, seed: int) -> list[str]:
    """Return so many mutants of each package, the same ones for the same seed and code."""
    chosen: list[str] = []
    every = list(mutants)
    for package in PACKAGES:
        names = [name for name in every if package_of(name) == package]
        random.Random(f"{seed}/{package}").shuffle(names)  # noqa: S311 - a sample, no secret
        chosen += names[:each]
    return chosen


def difference(folder: Path, mutant: str) -> tuple[str, str]:
    """Return the lines that a mutant changes, before and after."""
    shown = subprocess.run(
        [sys.executable, "-c", _MUTMUT, "show", mutant],
        cwd=folder, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    lines = [line for line in shown if not line.startswith(("---", "+++"))]
    before, after = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    return before, after


def survivors(folder: Path, mutants: Iterable[str]) -> list[dict[str, str]]:
    """Return what the mutants that no test kills change, and why that is no fault, if so."""
    reasons: Mapping[str, str] = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    found = []
    for mutant in mutants:
        before, after = difference(folder, mutant)
        key = f"{mutant.rpartition('__mutmut_')[0]}: {before} -> {after}"
        entry = {
            "mutant": mutant,
            "before": before,
            "after": after,
            "equivalent": reasons.get(key, ""),
        }
        found.append(entry)
    return found


def lives(code: int | None) -> bool:
    """Return whether no test failed with a mutant, or none was run."""
    return code in (SURVIVED, NO_TESTS, None)


def run(each: int, seed: int, workers: int) -> dict[str, Any]:
    """Judge a sample by the unit tests, then what lives by the simulations too.

    What an interrupted run, or one before the last change of tests, has killed is not judged again.
    """
    checkout(WORK, UNIT)
    mutmut(WORK, ["reconciler.core.json_pointer.*"], workers)  # makes all mutants
    codes = results(WORK)
    chosen = sample(codes, each, seed)
    mutmut(WORK, [name for name in chosen if lives(codes[name])], workers)
    codes = results(WORK)
    with ThreadPoolExecutor(workers) as pool:
        alive = [name for name in chosen if lives(codes[name])]
        is_alive = list(pool.map(lives_alone, alive))
    left = survivors(WORK, [name for name, lived in zip(alive, is_alive, strict=True) if lived])
    return report(scores(codes, chosen, left), left, seed)


def lives_alone(mutant: str) -> bool:
    """Return whether a mutant lives in a process of its own, in which more tests judge it.

    mutmut runs the tests that called the function before; what a cache or an import answers
    escapes it. No rule is entered by a simulation.
    """
    is_rule = package_of(mutant) == "rules"
    tests = ("tests/unit/rules",) if is_rule else (*UNIT, *SIMULATION)
    command = [sys.executable, "-m", "pytest", "-x", "-q", *OPTIONS, *tests]
    env = {**os.environ, "MUTANT_UNDER_TEST": mutant, "PYTHONPATH": ""}
    try:
        done = subprocess.run(
            command, cwd=WORK / "mutants", env=env, capture_output=True, timeout=_ENDLESS
        )
    except subprocess.TimeoutExpired:
        return False
    print(f"[mutants] {mutant}: {'lives' if done.returncode == 0 else 'killed'}", flush=True)
    return done.returncode == 0


def main() -> int:
    """Judge a sample, print the scores, keep the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--each", type=int, default=300, help="mutants of each package")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    options = parser.parse_args()
    found = run(options.each, options.seed, options.workers)
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for package, score in found["packages"].items():
        low, high = score["interval"]
        print(f"[mutants] {package}: {score['score']} % killed ({low} to {high}, 95 %)")
    print(f"[mutants] all: {found['score']} %; {len(found['survivors'])} survivors in {RESULT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
