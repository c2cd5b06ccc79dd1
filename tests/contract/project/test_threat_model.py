"""The threat model names tests that exist, and leaves no threat without one."""

from __future__ import annotations

import ast
import re

from tests.paths import ROOT

PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[^`]*)`", PAGE)


def named_tests(path: str) -> set[str]:
    """Return the names of the test functions of a file, none if there is no such file."""
    file = ROOT / path
    if not file.is_file():
        return set()
    body = ast.parse(file.read_text(encoding="utf-8")).body
    functions = (each for each in body if isinstance(each, ast.FunctionDef))
    return {each.name for each in functions if each.name.startswith("test_")}


def test_every_test_that_is_named_exists() -> None:
    assert len(NAMED) > 50
    pairs = [(named, *named.partition("::")[::2]) for named in NAMED]
    assert [named for named, path, name in pairs if name not in named_tests(path)] == []


def test_every_threat_names_its_test() -> None:
    sections = PAGE.split("\n## ")[2:]
    assert len(sections) == len(re.findall(r"^\*\*Limits\.\*\*", PAGE, re.MULTILINE))
    for section in sections:
        _, _, *threats = [line for line in section.splitlines() if line.startswith("|")]
        assert threats, section
        assert [line for line in threats if "`tests/" not in line.rsplit(" | ", 1)[1]] == []
