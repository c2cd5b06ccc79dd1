"""The figures of the documents are those of the kept results."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.comparison.tables import tables
from benchmarks.long_run.__main__ import MARK, figures_table
from benchmarks.published import DOCS, RESULTS, replaced


def results(name: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads((RESULTS / name).read_text())
    return shown


def test_the_tables_of_the_comparison_are_those_of_its_results() -> None:
    text = (DOCS / "comparison.md").read_text()
    for mark, figures in tables(results("comparison.json")).items():
        assert replaced(text, mark, figures) == text, "run make compare, and commit the documents"


def test_the_table_of_the_long_run_is_that_of_its_results() -> None:
    text = (DOCS / "proof.md").read_text()
    shown = results("long-run.json")
    assert replaced(text, MARK, figures_table(shown)) == text, "run make long-run, and commit it"


@pytest.mark.parametrize("name", ["comparison.json", "long-run.json"])
def test_results_are_of_a_commit_and_not_of_changed_files(name: str) -> None:
    assert results(name)["commit"].isalnum()


def test_figures_go_between_their_marks_and_nowhere_else() -> None:
    text = "a\n<!-- x -->\nold\n<!-- end of x -->\nb <!-- y --> c <!-- end of y -->"
    assert replaced(text, "x", "new") == text.replace("old", "new")
    with pytest.raises(ValueError, match="marks of z"):
        replaced(text, "z", "new")
