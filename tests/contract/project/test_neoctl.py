"""neoctl as a program: light where nothing heavy is asked for, and quiet about its insides."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from reconciler.cli import main as program
from tests.paths import ROOT

HEAVY = {"pydantic", "boto3", "botocore", "yaml", "aws_cdk", "neo_local", "numpy"}
NEOCTL = [sys.executable, "-c", "from reconciler.cli.main import main; main()"]


def neoctl(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it as a process."""
    env = {**os.environ, **variables}
    return subprocess.run([*NEOCTL, *words], capture_output=True, text=True, env=env, cwd=ROOT)


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (["--help"], {}),
        (["--version"], {}),
        ([], {"_NEOCTL_COMPLETE": "bash_complete", "COMP_WORDS": "neoctl v", "COMP_CWORD": "1"}),
    ],
)
def test_help_version_and_completion_import_nothing_heavy(
    words: list[str], variables: dict[str, str]
) -> None:
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('\\nLOADED', *sys.modules, file=sys.stderr))\n"
        "from reconciler.cli.main import main\nmain()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
    )
    loaded = set(ran.stderr.rpartition("LOADED")[2].split())
    assert loaded & HEAVY == set()
    assert "click" in loaded


def test_completion_offers_the_verbs() -> None:
    words = {"_NEOCTL_COMPLETE": "bash_complete", "COMP_WORDS": "neoctl loc", "COMP_CWORD": "1"}
    assert neoctl(**words).stdout.split() == ["plain,local"]


def test_every_verb_of_the_table_is_there_and_has_a_help() -> None:
    for verb in program.VERBS:
        ran = CliRunner().invoke(program.command, [verb, "--help"], prog_name="neoctl")
        assert ran.exit_code == 0, (verb, ran.output)
        assert f"neoctl {verb}" in ran.output


def test_every_module_with_a_command_is_in_the_table() -> None:
    folder = Path(program.__file__).parent
    found = set()
    for path in folder.glob("[a-z]*.py"):
        module = importlib.import_module(f"reconciler.cli.{path.stem}")
        if path.stem != "main" and isinstance(getattr(module, "command", None), click.Command):
            found.add(path.stem)
    assert found == set(program.VERBS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["frobnicate"], "unknown command frobnicate"),
        (["valdate"], "Did you mean validate?"),
        (["local", "start", "--port", "0"], "0 is not in the range"),
        (["local", "start", "--prot", "1"], "No such option"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_1(words: list[str], said: str) -> None:
    ran = neoctl(*words)
    assert (ran.returncode, said in ran.stderr) == (1, True), ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = " ".join([sys.executable, "-c", f"'{NEOCTL[2]}'", "--help", "|", "head", "-n", "1"])
    ran = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=ROOT
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_closed_standard_streams_are_no_traceback() -> None:
    command = " ".join([sys.executable, "-c", f"'{NEOCTL[2]}'", "explain", "--list", ">&-", "<&-"])
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_version_is_the_packages() -> None:
    assert neoctl("--version").stdout == "neoctl 0.1.0\n"
