"""JSON and JSON Lines as values with places.

The standard library's C decoder makes the values; only when something has to be reported does a
scanner of our own find out where everything stands.
"""

from __future__ import annotations

import json
import math
import re
from functools import partial
from typing import Any, Final

from reconciler.rules.finding import quoted
from reconciler.specs import codes
from reconciler.specs.source import Document, MapEntries, Place, Problem, Source

MAX_DEPTH: Final = 32
MAX_VALUES: Final = 500_000
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_MAX_LINES: Final = 50_000
_LINE: Final = re.compile(r"[^\n]+")


def read_json(source: Source) -> tuple[list[Document], list[Problem]]:
    """Read the document of a JSON text, or those of JSON Lines, with everything that is wrong."""
    value, problems = value_of(source)
    if not problems or value is not None:
        return [Document(source, value, lambda: places_of(source, 0, None)[0])], problems
    lines, line_problems = read_json_lines(source)
    if len(lines) > 1 and not line_problems:
        return lines, []
    return [], problems


def _places(source: Source, span: tuple[int, int]) -> Place:
    return places_of(source, *span)[0]


def read_json_lines(source: Source) -> tuple[list[Document], list[Problem]]:
    """Read one document of each line, with everything that is wrong."""
    documents: list[Document] = []
    problems: list[Problem] = []
    if source.text.count("\n") > _MAX_LINES:
        found = codes.TOO_LARGE.at(
            "", "the file has too many lines for a spec", allowed=f"up to {_MAX_LINES}"
        )
        return [], [Problem(found)]
    for match in _LINE.finditer(source.text):
        if not match[0].strip():
            continue
        value, wrong = value_of(source, match.start(), match.end())
        problems += wrong
        if not wrong or value is not None:
            documents.append(Document(source, value, partial(_places, source, match.span())))
        if len(problems) > 100:
            break
    return documents, problems


def value_of(source: Source, start: int = 0, end: int | None = None) -> tuple[Any, list[Problem]]:
    """Return the value of a JSON text, or of a part of it, and all problems of its form.

    Never raises. The value is None if there are problems.
    """
    text = source.text[start:end]
    suspicious = False
    if text.count(",") > MAX_VALUES:
        found = codes.TOO_LARGE.at("", "the document has too many values for a spec")
        return None, [Problem(found, start)]

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal suspicious
        made = dict(pairs)
        suspicious = suspicious or len(made) < len(pairs)
        return made

    try:
        value = json.loads(
            text, object_pairs_hook=unique, parse_constant=_refuse, parse_float=_finite
        )
    except json.JSONDecodeError as wrong:
        message = wrong.msg[0].lower() + wrong.msg[1:]
        found = codes.SYNTAX.at("", f"not valid JSON: {message}", hint=_hint(text, wrong.pos))
        return None, [Problem(found, start + wrong.pos)]
    except (ValueError, RecursionError):
        return None, places_of(source, start, end)[1] or [
            Problem(codes.SYNTAX.at("", "not valid JSON: NaN and Infinity are not allowed"), start)
        ]
    if _SURROGATE.search(text) and _has_lone_surrogate(value):
        found = codes.NOT_UTF8.at("", "unpaired surrogate in text", hint="Remove the escape.")
        return None, [Problem(found, start)]
    if suspicious or text.count("[") + text.count("{") > MAX_DEPTH:
        problems = places_of(source, start, end)[1] if suspicious or _deep(text) else []
        return (None if _deep(text) else value), problems
    return value, []


def _hint(text: str, at: int) -> str:
    if text.startswith(("//", "/*", "#"), at):
        return "JSON has no comments; remove it, or write the spec in YAML."
    if text[at : at + 1] in ("]", "}") and text[:at].rstrip().endswith(","):
        return "Remove the comma before it."
    return ""


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is not allowed in JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number


def _has_lone_surrogate(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _deep(text: str) -> bool:
    depth = 0
    for match in re.finditer(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]', text):
        if match[0] in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif match[0] in "}]":
            depth -= 1
    return False


def places_of(source: Source, start: int, end: int | None) -> tuple[Place, list[Problem]]:
    """Return the places in a JSON text, and the problems that its decoder lets pass."""
    scanner = _Scanner()
    for match in _TOKEN.finditer(source.text, start, len(source.text) if end is None else end):
        if not scanner.feed(match[0], match.start()):
            break
    return (scanner.root[0] if scanner.root else start), scanner.problems


class _Scanner:
    """Follows the tokens of JSON with a stack of its own."""

    def __init__(self) -> None:
        self.root: list[Place] = []
        self.problems: list[Problem] = []
        self._open: MapEntries | list[Place] = self.root
        self._stack: list[tuple[MapEntries | list[Place], str | None, int]] = []
        self._key: str | None = None
        self._key_at = 0

    def feed(self, text: str, at: int) -> bool:
        """Take the next token. False if the rest is not worth reading."""
        if text in ",:":
            return True
        if text in "{[":
            return self._begin(text, at)
        if text in "}]":
            if self._stack:
                self._open, self._key, self._key_at = self._stack.pop()
                self._key = None
        elif isinstance(self._open, dict) and self._key is None:
            self._take_key(text, at)
        else:
            self._scalar(text, at)
        return True

    def _scalar(self, text: str, at: int) -> None:
        if text in ("NaN", "Infinity", "-Infinity"):
            found = codes.SYNTAX.at("", f"not valid JSON: {text} is not a JSON number", got=text)
            self.problems.append(Problem(found, at))
        self._add(at)

    def _take_key(self, text: str, at: int) -> None:
        try:
            self._key = str(json.loads(text))
        except ValueError:
            self._key = text
        self._key_at = at
        if isinstance(self._open, dict) and self._key in self._open:
            found = codes.DUPLICATE_KEY.at(
                "", f"duplicate key {quoted(self._key)}", got=self._key,
                hint="Keep one of them.",
            )  # fmt: skip
            self.problems.append(Problem(found, at, self._open[self._key][0]))

    def _begin(self, text: str, at: int) -> bool:
        if len(self._stack) >= MAX_DEPTH:
            found = codes.TOO_DEEP.at(
                "", "the document is nested too deeply",
                allowed=f"up to {MAX_DEPTH} levels",
            )  # fmt: skip
            self.problems.append(Problem(found, at))
            return False
        entries: Any = {} if text == "{" else []
        opened, key, key_at = self._open, self._key, self._key_at
        self._add((at, entries))
        self._stack.append((opened, key, key_at))
        self._open, self._key = entries, None
        return True

    def _add(self, place: Place) -> None:
        if isinstance(self._open, dict):
            if self._key is not None:
                self._open[self._key] = (self._key_at, place)
            self._key = None
        else:
            self._open.append(place)
