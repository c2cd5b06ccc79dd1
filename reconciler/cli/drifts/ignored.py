"""Read the file that says which drift is not to be reported, why, and until when.

ignore:
  - kind: source-changed
    jobs: resnet18/*
    reason: retrained every night, compiled on release
    until: 2027-01-31
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

import click

from reconciler.cli.drifts.document import DriftKind, IgnoredDrift
from reconciler.cli.options.specs import could_not_run, read_map
from reconciler.rules.finding import quoted
from reconciler.rules.suggestion import did_you_mean
from reconciler.specs.source import Document, Step, find

_LIST: Final = "ignore"
_KEYS: Final = ("kind", "jobs", "reason", "until")
_ALL: Final = "*"


class _Wrong(ValueError):
    """An entry is not valid; ``steps`` lead to what is wrong."""

    def __init__(self, message: str, *steps: Step) -> None:
        self.steps = steps
        super().__init__(message)


def read_ignored(name: str | None) -> tuple[IgnoredDrift, ...]:
    """Return what a file ignores. Prints every mistake with its place, and exits with an error."""
    if name is None:
        return ()
    value, document = read_map(name, f"a map with the key {_LIST}")
    found: list[IgnoredDrift] = []
    wrong: list[_Wrong] = list(_wrong_form(value))
    entries = value.get(_LIST)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        try:
            found.append(_ignored(entry))
        except _Wrong as error:
            wrong.append(_Wrong(str(error), _LIST, index, *error.steps))
    for mistake in wrong:
        click.echo(_located(name, document, mistake), err=True)
    if wrong:
        could_not_run(f"{name} is not valid")
    return tuple(found)


def _wrong_form(value: Mapping[str, object]) -> Iterator[_Wrong]:
    for key in value:
        if key != _LIST:
            yield _Wrong(f"unknown key {quoted(key)}; {_LIST} is allowed", key)
    if not isinstance(value.get(_LIST), list):
        yield _Wrong(f"{_LIST} must be a list of maps of {', '.join(_KEYS)}", _LIST)


def _ignored(entry: object) -> IgnoredDrift:
    if not isinstance(entry, dict):
        raise _Wrong(f"must be a map of {', '.join(_KEYS)}")
    for key in entry:
        if key not in _KEYS:
            near = did_you_mean(str(key), _KEYS)
            raise _Wrong(f"unknown key {quoted(key)}. {near}".rstrip(), key)
    kind, jobs = _kind(entry), _text(entry, "jobs", _ALL)
    return IgnoredDrift(kind, jobs, _text(entry, "reason"), _day(entry))


def _kind(entry: Mapping[str, object]) -> DriftKind:
    text = _text(entry, "kind")
    try:
        return DriftKind(text)
    except ValueError:
        allowed = ", ".join(DriftKind)
        raise _Wrong(f"unknown kind {quoted(text)}; allowed: {allowed}", "kind") from None


def _day(entry: Mapping[str, object]) -> date:
    text = _text(entry, "until")
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong = f"until must be a day such as 2027-01-31, not {quoted(text)}"
        raise _Wrong(wrong, "until") from None


def _text(entry: Mapping[str, object], key: str, default: str = "") -> str:
    value = entry.get(key, default)
    if not isinstance(value, str) or not value.strip():
        raise _Wrong(f"{key} must be given, as text", key)
    return value


def _located(name: str, document: Document, mistake: _Wrong) -> str:
    offset = find(document.place, mistake.steps, key=bool(mistake.steps))
    line, column = document.source.position(offset)
    return f"{name}:{line}:{column}: {mistake}"
