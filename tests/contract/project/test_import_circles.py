"""No circle of imports, those for types and inside functions counted as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.project.import_graph import arrows, by_folder, circles, depths, import_graph
from tests.paths import ROOT

PACKAGES = ("neo_constructs", "neo_local", "reconciler")


@pytest.mark.parametrize("package", PACKAGES)
def test_no_modules_import_each_other(package: str) -> None:
    assert circles(import_graph(ROOT, package)) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_folders_import_each_other_one_way(package: str) -> None:
    graph = import_graph(ROOT, package)
    found = {depth: circles(by_folder(graph, depth)) for depth in depths(graph)}
    assert found == {depth: [] for depth in found}


def test_imports_for_types_and_inside_functions_count(tmp_path: Path) -> None:
    package = tmp_path / "made_up"
    (package / "low").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "low" / "__init__.py").write_text("")
    (package / "low" / "a.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from made_up.b import B\n"
        "def late():\n    import made_up.c\n"
    )
    (package / "b.py").write_text("from made_up.low import a\n")
    (package / "c.py").write_text("from made_up.low.a import late\n")
    graph = import_graph(tmp_path, "made_up")
    assert circles(graph) == [["made_up.b", "made_up.c", "made_up.low.a"]]
    assert circles(by_folder(graph, depth=2)) == [["made_up", "made_up.low"]]
    assert arrows(graph) == 4


def test_a_folder_and_the_folder_around_it_make_a_circle() -> None:
    none: frozenset[str] = frozenset()
    graph = {
        "made_up": none,
        "made_up.rules": none,
        "made_up.rules.check": frozenset({"made_up.rules.families.target"}),
        "made_up.rules.families.target": frozenset({"made_up.rules.finding"}),
        "made_up.rules.finding": none,
    }
    assert circles(graph) == []
    assert circles(by_folder(graph, depth=2)) == []
    assert circles(by_folder(graph, depth=3)) == [["made_up.rules", "made_up.rules.families"]]
