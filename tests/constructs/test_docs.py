"""The pages: their snippets run, their tables are the code's, every construct has one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

import neo_constructs

ROOT = Path(__file__).parents[2]
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
