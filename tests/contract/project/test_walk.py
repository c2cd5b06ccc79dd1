"""The ways from a fleet file and from a construct to the request stay short enough to be read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.contract.project.made_up_field import PLAIN
from tests.paths import ROOT

MOST_FILES = 22
MOST_FILES_OF_A_CONSTRUCT = 32
MOST_CALLS_BETWEEN_FILES = 125
JUDGING = ("reconciler/rules/", "reconciler/specs/checking", "reconciler/specs/comments")
TOTAL = re.compile(r"\d+ files, \d+ functions, (\d+) calls between files")


def walked(*arguments: str) -> str:
    """What the script prints of a walk."""
    command = [sys.executable, str(ROOT / "scripts" / "walk.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def unjudged(printed: str) -> set[str]:
    """The files that a walk entered, but for the rules."""
    entered = {line.partition(": ")[0] for line in printed.splitlines() if ".py: " in line}
    return {file for file in entered if not file.startswith(JUDGING)}


def test_a_fleet_file_becomes_a_request_in_few_files(tmp_path: Path) -> None:
    spec = tmp_path / "fleet.yaml"
    spec.write_text(PLAIN, encoding="utf-8")
    printed = walked("build", "--format", "json", str(spec))
    passed = {"cli/build.py", "specs/yaml_reader.py", "core/request.py"}
    assert {f"reconciler/{file}" for file in passed} <= unjudged(printed)
    assert len(unjudged(printed)) <= MOST_FILES, printed


def test_arguments_of_a_construct_become_a_request_in_few_files() -> None:
    printed = walked("construct")
    passed = {"neo_constructs/request/job_request.py", "reconciler/handler/job/properties.py"}
    assert passed <= unjudged(printed)
    assert '"MaxRuntimeInSeconds": 900' in printed
    assert len(unjudged(printed)) <= MOST_FILES_OF_A_CONSTRUCT, printed
    [calls] = TOTAL.findall(printed)
    assert int(calls) <= MOST_CALLS_BETWEEN_FILES, printed
