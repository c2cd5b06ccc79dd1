"""The glossary speaks of code that exists."""

from __future__ import annotations

import re

from tests.paths import ROOT

PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


def test_every_class_and_module_of_the_glossary_exists() -> None:
    sources = list((ROOT / "reconciler").rglob("*.py"))
    classes = {
        name
        for path in sources
        for name in re.findall(r"^class (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    modules = {path.stem for path in sources}
    heads = re.findall(r"^\*\*[^*]+\*\* \(([^)]+)\)", PAGE, re.MULTILINE)
    named = {name for head in heads for name in re.findall(r"`([\w.]+)`", head)}
    assert len(named) > 25
    assert {name for name in named if name.split(".")[-1] not in classes | modules} == set()


def test_no_word_stands_twice() -> None:
    words = re.findall(r"^\*\*([^*]+)\*\*", PAGE, re.MULTILINE)
    assert len(words) == len(set(words))
