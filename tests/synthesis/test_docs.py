"""The pages: their snippets run, their tables are the code's, every construct has one."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from constructs import Construct

import neo_constructs
from tests.paths import ROOT

PAGES = sorted((ROOT / "docs/constructs").glob("*.md"))
FENCE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SNIPPETS = [
    pytest.param(snippet, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, snippet in enumerate(FENCE.findall(page.read_text()), 1)
]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_runs(snippet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Docs")
    names: dict[str, Any] = {"stack": stack}
    exec(compile(snippet, "snippet", "exec"), names)
    stage = cdk.Stage.of(stack)
    assert stage is not None
    stage.synth()


def test_the_argument_tables_are_those_of_the_code() -> None:
    ran = subprocess.run(
        [sys.executable, ROOT / "docs/constructs/update.py", "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, f"{ran.stdout}{ran.stderr}: run docs/constructs/update.py"


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_exported_name_is_on_a_page() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    assert [name for name in neo_constructs.__all__ if name not in text] == []


GUIDES = {"README", "words", "cookbook", "stacks"}
CONSTRUCT_PAGES = [page for page in PAGES if page.stem not in GUIDES]


@pytest.mark.parametrize("page", CONSTRUCT_PAGES, ids=lambda page: page.stem)
def test_a_constructs_page_says_what_for_how_how_safe_how_dear_and_what_not(page: Path) -> None:
    text = page.read_text()
    title, purpose, *_ = text.split("\n\n")
    assert title.startswith("# ")
    assert not purpose.startswith(("#", "|", "```")), "what it is for comes first"
    assert "```python" in text
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    wanted = ["## Security", "## Cost", "## Caveats"]
    assert [line for line in headings if line in wanted] == wanted


def test_every_construct_has_a_table_of_all_its_arguments() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    constructs = {
        name
        for name in neo_constructs.__all__
        if inspect.isclass(found := getattr(neo_constructs, name)) and issubclass(found, Construct)
    }
    told = set(re.findall(r"<!-- arguments: (\w+) -->", text))
    assert constructs - told == {"CompilationJobBase", "NeoCompilationProvider"}, (
        "the first is made by CompilationJob's imports, the second by the first job"
    )


def test_drawings_have_no_semicolon_in_a_note_which_ends_it_for_mermaid() -> None:
    drawn = [ROOT / "docs" / "architecture.md", *PAGES]
    blocks = [
        block
        for page in drawn
        for block in re.findall(
            r"^```mermaid\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE
        )
    ]
    assert len(blocks) >= 8
    for block in blocks:
        assert block.split()[0] in {"flowchart", "sequenceDiagram", "stateDiagram-v2"}
        assert ";" not in block


def test_links_of_the_architecture_and_the_examples_lead_somewhere() -> None:
    for page in (ROOT / "docs" / "architecture.md", ROOT / "examples" / "README.md"):
        for target in re.findall(r"]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_table_of_examples_has_every_example() -> None:
    table = (ROOT / "examples" / "README.md").read_text()
    examples = [path.name for path in sorted((ROOT / "examples").glob("[0-9]*.py"))]
    assert re.findall(r"^\| \[(\w+\.py)]", table, re.MULTILINE) == examples
