"""Every command and snippet of the README is run, and the means of that can fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.contract.project.snippets import (
    PARSED,
    Snippet,
    SnippetError,
    commands,
    missing,
    snippets,
)
from tests.paths import ROOT

README = ROOT / "README.md"
BLOCKS = snippets(README)
HERE = [block for block in BLOCKS if block.directive != "embedded"]
PARSERS: dict[str, Callable[[str], object]] = {
    "yaml": yaml.safe_load,
    "json": json.loads,
    "toml": tomllib.loads,
}


def link_checkout(folder: Path) -> None:
    """Make a folder look like the checkout; what blocks write does not reach the checkout."""
    for entry in ROOT.iterdir():
        hidden = entry.name.startswith(".") and entry.name != ".venv"
        if not hidden and entry.name not in ("cdk.out", "node_modules"):
            (folder / entry.name).symlink_to(entry)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like the checkout, for all blocks: some write files for others."""
    made = tmp_path_factory.mktemp("readme")
    link_checkout(made)
    return made


def tools() -> dict[str, str]:
    """Return an environment with the tools of this checkout first."""
    folders = [str(Path(sys.executable).parent), str(ROOT / "node_modules" / ".bin")]
    return {**os.environ, "PATH": os.pathsep.join([*folders, os.environ["PATH"]])}


def check_covered(argument: str) -> None:
    """Check that the test that stands in for a block is there."""
    path, _, name = argument.partition("::")
    assert (ROOT / path).exists(), f"no {path}"
    assert f"def {name}(" in (ROOT / path).read_text(), f"no {name} in {path}"


def run_block(block: Snippet, folder: Path, env: dict[str, str]) -> None:
    """Run a block as its language says."""
    if block.language == "console":
        for item in commands(block):
            ran = _run(["bash", "-o", "pipefail", "-c", item.command], folder, env)
            assert ran.returncode == block.exit_code, f"$ {item.command}\n{ran.stdout}"
            lacking = missing(item.output, ran.stdout)
            assert lacking is None, f"$ {item.command}\nlacks: {lacking}\ngot:\n{ran.stdout}"
        return
    program = [sys.executable, "-"] if block.language == "python" else ["bash", "-eu", "-"]
    ran = _run(program, folder, env, block.text)
    assert ran.returncode == block.exit_code, ran.stdout


def _run(
    command: list[str], folder: Path, env: dict[str, str], text: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=env,
        input=text,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.mark.parametrize("block", HERE, ids=lambda block: f"line-{block.line}")
def test_readme_block(block: Snippet, folder: Path) -> None:
    if block.directive == "covered-by":
        check_covered(block.argument)
        return
    if block.language in PARSED:
        PARSERS[block.language](block.text)
    if block.directive == "file":
        target = folder / block.argument
        target.unlink(missing_ok=True)
        target.write_text(block.text)
    elif block.language in ("console", "bash", "sh", "python"):
        run_block(block, folder, tools())


def written(tmp_path: Path, text: str) -> list[Snippet]:
    """Return the blocks of a Markdown text."""
    path = tmp_path / "text.md"
    path.write_text(text)
    return snippets(path)


def test_a_failing_command_fails_its_block(tmp_path: Path) -> None:
    (block,) = written(tmp_path, "```console\n$ exit 3\n```\n")
    with pytest.raises(AssertionError, match="exit 3"):
        run_block(block, tmp_path, dict(os.environ))


def test_an_output_that_is_not_as_written_fails_its_block(tmp_path: Path) -> None:
    (block,) = written(tmp_path, "```console\n$ echo one; echo two\none\nthree\n```\n")
    with pytest.raises(AssertionError, match="lacks: three"):
        run_block(block, tmp_path, dict(os.environ))


def test_a_failing_program_fails_its_block(tmp_path: Path) -> None:
    (block,) = written(tmp_path, "```python\nraise SystemExit(1)\n```\n")
    with pytest.raises(AssertionError):
        run_block(block, tmp_path, dict(os.environ))


def test_an_expected_failure_is_no_failure(tmp_path: Path) -> None:
    (block,) = written(tmp_path, "<!-- test: exit 3 -->\n```console\n$ exit 3\n```\n")
    run_block(block, tmp_path, dict(os.environ))


def test_a_stand_in_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(AssertionError, match="no test_that_is_not_there"):
        check_covered("tests/contract/project/test_readme.py::test_that_is_not_there")


def test_commands_go_on_over_lines(tmp_path: Path) -> None:
    (block,) = written(tmp_path, "```console\n$ echo a \\\n    b\na b\n```\n")
    assert [item.command for item in commands(block)] == ["echo a b"]
    run_block(block, tmp_path, dict(os.environ))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```cobol\nSTOP RUN.\n```\n", "nobody tries a block of 'cobol'"),
        ("```python\n1\n", "not closed"),
        ("<!-- test: never -->\n```python\n1\n```\n", "no directive 'never'"),
    ],
)
def test_blocks_that_nobody_can_try_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SnippetError, match=said):
        written(tmp_path, text)


def test_three_dots_stand_for_anything() -> None:
    assert missing(("a ... c", "d"), "a b c\nx\nd") is None
    assert missing(("a ... d", "c"), "a b c d") == "c"
