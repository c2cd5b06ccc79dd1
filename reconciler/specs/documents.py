"""The documents of a file: YAML, JSON or JSON Lines, by its name or first letter."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from reconciler.specs import codes
from reconciler.specs.document import Document
from reconciler.specs.json_reader import places_of, read_json
from reconciler.specs.places import Place
from reconciler.specs.source import Problem, Source
from reconciler.specs.yaml_reader import read_yaml

_LINES: Final = (".jsonl", ".ndjson")
_MAX_JSON_LINES: Final = 50_000
_LINE: Final = re.compile(r"[^\n]+")


def documents_of(source: Source) -> tuple[list[Document], list[Problem]]:
    """All documents of a file with their places, and everything that is wrong with its form."""
    if source.name.endswith(_LINES):
        return _json_lines(source)
    if source.name.endswith(".json") or _begins_like_json(source):
        return _json(source)
    return read_yaml(source)


def _begins_like_json(source: Source) -> bool:
    return not source.name.endswith((".yaml", ".yml")) and source.text.lstrip()[:1] in ("{", "[")


def _json(source: Source) -> tuple[list[Document], list[Problem]]:
    value, problems = read_json(source)
    if not problems or value is not None:
        return [Document(source, value, lambda: places_of(source, 0, None)[0])], problems
    lines, line_problems = _json_lines(source)
    if len(lines) > 1 and not line_problems:
        return lines, []
    return [], problems


def _places(source: Source, span: tuple[int, int]) -> Place:
    return places_of(source, *span)[0]


def _json_lines(source: Source) -> tuple[list[Document], list[Problem]]:
    documents: list[Document] = []
    problems: list[Problem] = []
    if source.text.count("\n") > _MAX_JSON_LINES:
        found = codes.TOO_LARGE.at(
            "", "the file has too many lines to be a spec", allowed=f"up to {_MAX_JSON_LINES}"
        )
        return [], [Problem(found)]
    for match in _LINE.finditer(source.text):
        if not match[0].strip():
            continue
        value, wrong = read_json(source, match.start(), match.end())
        problems += wrong
        if not wrong or value is not None:
            documents.append(Document(source, value, partial(_places, source, match.span())))
        if len(problems) > 100:
            break
    return documents, problems
