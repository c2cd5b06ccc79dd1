"""The examples, and what the docs show, are specs without a mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.rules.finding import Severity
from reconciler.specs.checking import check
from reconciler.specs.load import load, load_text
from tests.paths import ROOT

SPECS = ROOT / "examples" / "specs"
DOCS = ROOT / "docs" / "spec" / "README.md"


@pytest.mark.parametrize("name", ["small.yaml", "fleet.yaml", "request.json"])
def test_an_example_has_neither_errors_nor_warnings(name: str) -> None:
    found = check(load([SPECS / name]))
    assert [item for item in found if item.finding.severity is not Severity.INFO] == []


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.name)
def test_an_example_names_its_schema(path: Path) -> None:
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text(encoding="utf-8"))
    assert named is not None
    assert (SPECS / named[1]).resolve().exists()


def test_a_folder_of_examples_leaves_the_policy_out() -> None:
    assert [Path(name).name for name in load([SPECS]).skipped] == ["policy.yaml"]


def test_the_first_fleet_of_the_docs_is_right() -> None:
    fleet = re.search(
        r"```yaml\n(# yaml-language-server.*?)```", DOCS.read_text("utf-8"), re.DOTALL
    )
    assert fleet is not None
    assert check(load_text(fleet[1], "fleet.yaml")) == []
