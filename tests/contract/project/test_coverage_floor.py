"""The coverage floor: each package is held to it, and none can leave the report unnoticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts import coverage_floor
from tests.paths import ROOT


def report(**covered: int) -> dict[str, Any]:
    """A report in which each package has all lines, and all of 100 branches unless given."""
    return {
        "files": {
            f"{package}/a.py": {
                "summary": {
                    "num_statements": 1000,
                    "covered_lines": 1000,
                    "num_branches": 100,
                    "covered_branches": covered.get(Path(package).name, 100),
                }
            }
            for package in coverage_floor.PACKAGES
        }
    }


def test_a_covered_project_passes() -> None:
    assert coverage_floor.below(report(core=95, engine=95, rules=95, handler=95)) == []


@pytest.mark.parametrize("package", ["core", "engine", "rules", "handler"])
def test_one_package_below_the_floor_fails_beside_full_ones_although_every_line_is_covered(
    package: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "coverage.json"
    path.write_text(json.dumps(report(**{package: 94})))
    assert coverage_floor.main([str(path)]) == 1
    words = f"reconciler/{package}: 94.0 % of branches covered, at least 95 %"
    assert words in capsys.readouterr().out


def test_a_package_without_a_report_fails() -> None:
    spoiled = report()
    del spoiled["files"]["reconciler/handler/a.py"]
    assert [line.split(":")[0] for line in coverage_floor.below(spoiled)] == ["reconciler/handler"]


def test_the_packages_are_there() -> None:
    assert [name for name in coverage_floor.PACKAGES if not (ROOT / name).is_dir()] == []
