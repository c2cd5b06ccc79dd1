"""The files of ``neoctl ci init``: linted, and made of commands and options that exist."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml

from reconciler.cli.main import command, run
from reconciler.cli.pipelines.workflow_files import PATHS
from tests.contract.project.test_workflows import lint
from tests.paths import ROOT

GITLAB_SCHEMA = ROOT / "tests" / "unit" / "cli" / "data" / "gitlab-ci.json"
SYSTEMS = pytest.mark.parametrize("system", PATHS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(system: str, *words: str) -> Path:
    assert run(["ci", "init", system, *words]) == 0
    return Path(PATHS[system])


def commands(system: str) -> Iterator[list[str]]:
    """Yield every neoctl command of a file."""
    for line in written(system).read_text().splitlines():
        if not line.lstrip().startswith(("#", "name:")):
            for found in re.findall(r"(?:^|[-:;]|then) *(neoctl [^;|>]*)", line.strip()):
                words = shlex.split(found.replace('"$DIGEST"', "x").replace('"$NEO_DIGEST"', "x"))
                yield [word.replace("$SPECS", "specs") for word in words[1:]]


def parse(words: list[str]) -> str:
    """Parse a command as neoctl does; return its name."""
    context = click.Context(command, info_name="neoctl")
    assert isinstance(command, click.Group)
    name, verb, rest = command.resolve_command(context, words)
    assert verb is not None
    verb.make_context(name, rest, parent=context)
    return str(name)


def test_the_workflow_of_github_is_what_actionlint_accepts() -> None:
    assert lint(written("github", "--specs", "models", "--branch", "release/1").resolve()) == []


def test_the_pipeline_of_gitlab_is_what_its_schema_accepts() -> None:
    pipeline = yaml.safe_load(written("gitlab").read_text())
    schema = json.loads(GITLAB_SCHEMA.read_text())
    jsonschema.validate(pipeline, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**pipeline, "plan": {**pipeline["plan"], "script": 1}}, schema)


def test_the_hook_of_pre_commit_has_what_a_hook_needs() -> None:
    [repository] = yaml.safe_load(written("pre-commit").read_text())["repos"]
    [hook] = repository["hooks"]
    assert {"id", "name", "entry", "language", "files"} <= hook.keys()
    assert re.search(hook["files"], "specs/vision.yaml")
    assert not re.search(hook["files"], "docs/vision.yaml")


@SYSTEMS
def test_every_command_exists_with_its_options(system: str, folder: Path) -> None:
    (folder / "specs").mkdir()
    (folder / "neo-plans").mkdir()
    verbs = [parse(words) for words in commands(system)]
    wanted = {"validate"} if system == "pre-commit" else {"validate", "plan", "comment", "apply",
                                                         "drift"}  # fmt: skip
    assert wanted <= set(verbs)


@SYSTEMS
def test_nothing_is_overwritten(system: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(system)
    path.write_text("mine")
    assert run(["ci", "init", system]) == 1
    assert path.read_text() == "mine"
    assert "--path" in capsys.readouterr().err
    assert run(["ci", "init", system, "--path", "other.yml"]) == 0


@pytest.mark.parametrize("value", ["$(id)", "a b", "x; y", "'", "-x", "${{ secrets.A }}", ""])
@pytest.mark.parametrize("option", ["--specs", "--branch", "--region"])
def test_a_value_that_a_shell_or_yaml_would_read_otherwise_is_refused(
    option: str, value: str
) -> None:
    assert run(["ci", "init", "github", option, value]) == 1
    assert not Path(PATHS["github"]).exists()


def steps() -> list[dict[str, Any]]:
    jobs = yaml.safe_load(written("github").read_text())["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def test_actions_of_the_workflow_are_pinned_to_commits() -> None:
    used = [each["uses"] for each in steps() if "uses" in each]
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", each)] == []


def test_no_step_puts_text_of_others_into_a_shell() -> None:
    assert [each for each in steps() if "${{" in each.get("run", "")] == []


def test_the_workflow_writes_nothing_with_the_role_that_plans() -> None:
    jobs = yaml.safe_load(written("github").read_text())["jobs"]
    roles = {
        name: [
            step["with"]["role-to-assume"]
            for step in job["steps"]
            if "role-to-assume" in step.get("with", {})
        ]
        for name, job in jobs.items()
    }
    assert roles == {
        "validate": [], "plan": ["${{ vars.NEO_PLAN_ROLE }}"],
        "apply": ["${{ vars.NEO_APPLY_ROLE }}"], "drift": ["${{ vars.NEO_PLAN_ROLE }}"],
    }  # fmt: skip
    assert jobs["apply"]["environment"] == "neo"


def test_the_shell_of_every_step_is_well_formed() -> None:
    for step in steps():
        if "run" in step:
            subprocess.run(["bash", "-n", "-c", step["run"]], check=True)
