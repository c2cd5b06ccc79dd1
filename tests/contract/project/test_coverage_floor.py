"""The coverage floor: each package is held to it, and none can leave the report unnoticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts import coverage_floor
from tests.paths import ROOT


def report(**covered: int) -> dict[str, Any]:
    """A report in which each package has 50 lines and 50 branches, all covered unless given."""
    return {
        "files": {
            f"{package}/a.py": {
                "summary": {
                    "num_statements": 50,
                    "covered_lines": 50,
                    "num_branches": 50,
                    "covered_branches": covered.get(Path(package).name, 100) - 50,
                }
            }
            for package in coverage_floor.FLOORS
        }
    }


def test_a_covered_project_passes() -> None:
    assert coverage_floor.below(report(core=95)) == []


def test_one_package_below_the_floor_fails_beside_full_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "coverage.json"
    path.write_text(json.dumps(report(rules=94)))
    assert coverage_floor.main([str(path)]) == 1
    assert "reconciler/rules: 94.0 % covered, at least 95 %" in capsys.readouterr().out


def test_a_package_without_a_report_fails() -> None:
    spoiled = report()
    del spoiled["files"]["reconciler/handler/a.py"]
    assert [line.split(":")[0] for line in coverage_floor.below(spoiled)] == ["reconciler/handler"]


def test_the_packages_are_there() -> None:
    assert [name for name in coverage_floor.FLOORS if not (ROOT / name).is_dir()] == []
