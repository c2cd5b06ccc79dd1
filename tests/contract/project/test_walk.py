"""The way from a fleet file to the request stays short enough to be read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.contract.project.made_up_field import PLAIN
from tests.paths import ROOT

MOST_FILES = 22
JUDGING = ("rules/", "specs/checking", "specs/comments")


def test_a_fleet_file_becomes_a_request_in_few_files(tmp_path: Path) -> None:
    spec = tmp_path / "fleet.yaml"
    spec.write_text(PLAIN, encoding="utf-8")
    script = str(ROOT / "scripts" / "walk.py")
    command = [sys.executable, script, "build", "--format", "json", str(spec)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    entered = [line.partition(": ")[0] for line in printed.splitlines() if ".py: " in line]
    assert {"cli/build.py", "specs/yaml_reader.py", "core/request.py"} <= set(entered)
    assert len([file for file in entered if not file.startswith(JUDGING)]) <= MOST_FILES, printed
