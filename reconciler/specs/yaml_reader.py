"""YAML as values with places: by the events of PyYAML's C parser, without recursion.

What makes YAML dangerous or surprising is a problem, not a meaning: aliases and anchors, tags,
duplicate keys, keys that are no text, depth, and documents of very many values. PyYAML's own
loaders would expand aliases, take the last of duplicate keys, and overflow the C stack.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol

import yaml

from reconciler.rules.finding import Finding, quoted
from reconciler.specs import codes
from reconciler.specs.scalars import plain
from reconciler.specs.source import Document, Problem, Source
from reconciler.specs.yaml_errors import problem_of

MAX_DEPTH: Final = 32
MAX_VALUES: Final = 500_000
_MAX_PROBLEMS: Final = 100
_DOCUMENT_WEIGHT: Final = 20
_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Mark(Protocol):
    """Where an event begins: PyYAML's C marks, which its types take for optional."""

    index: int


class _Event(Protocol):
    """What is asked of an event; scalars alone have the last three."""

    start_mark: _Mark
    anchor: str | None
    tag: str | None
    value: str
    implicit: tuple[bool, bool]
    style: str | None


class _Events(Protocol):
    """A parser as far as it is used here."""

    def get_event(self) -> object: ...


class _Stop(Exception):
    """The document is not worth reading any further."""


def read_yaml(source: Source) -> tuple[list[Document], list[Problem]]:
    """Return all documents of a YAML text, and all problems of its form.

    Never raises, and is linear in the size of the text. Documents that come before a mistake
    which ends the reading are returned.
    """
    builder = _Builder(source)
    with without_gc():
        try:
            loader = _Loader(source.text)
        except yaml.YAMLError as wrong:
            return [], [problem_of(source, wrong)]
        except UnicodeEncodeError as wrong:
            return [], [Problem(codes.NOT_UTF8.at("", "unpaired surrogate in text"), wrong.start)]
        try:
            builder.run(loader)
        except yaml.YAMLError as wrong:
            builder.problems.append(problem_of(source, wrong))
        except _Stop:
            pass
        finally:
            loader.dispose()
    return builder.documents, builder.problems


@contextmanager
def without_gc() -> Iterator[None]:
    """Pause garbage collection: among many small objects that all stay it costs half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Builder:
    """Builds values from events with a stack of its own.

    ``_values`` and ``_places`` are those of the map or list that is open; ``_key`` is a map's key
    that waits for its value.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.documents: list[Document] = []
        self.problems: list[Problem] = []
        self._left = MAX_VALUES
        self._begin()

    def _begin(self) -> None:
        self._values: Any = []
        self._places: Any = []
        self._in_map = False
        self._key: str | None = None
        self._key_at = 0
        self._stack: list[tuple[Any, Any, bool]] = []

    def run(self, loader: _Events) -> None:
        """Take all events of a stream."""
        get = loader.get_event
        handlers: Mapping[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._map,
            yaml.SequenceStartEvent: self._list,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentEndEvent: self._document,
        }
        while True:
            event = get()
            kind = type(event)
            if kind is yaml.StreamEndEvent:
                return
            handler = handlers.get(kind)
            if handler is not None:
                handler(event)

    def _document(self, _event: _Event) -> None:
        value, place = (self._values[0], self._places[0]) if self._values else (None, 0)
        self.documents.append(Document(self.source, value, lambda: place))
        self._left -= _DOCUMENT_WEIGHT
        if self._left < 0:
            self._limit(0)
        self._begin()

    def _scalar(self, event: _Event) -> None:
        at = event.start_mark.index
        text = event.value
        if event.anchor is not None or event.tag is not None:
            self._refuse(event)
        if self._in_map and self._key is None:
            self._take_key(text, at)
            return
        self._left -= 1
        if self._left < 0:
            self._limit(at)
        value = plain(text) if event.implicit[0] and not event.style else text
        if self._in_map:
            self._values[self._key] = value
            self._places[self._key] = (self._key_at, at)
            self._key = None
        else:
            self._values.append(value)
            self._places.append(at)

    def _take_key(self, key: str, at: int) -> None:
        self._key, self._key_at = key, at
        if key in self._values:
            finding = codes.DUPLICATE_KEY.at(
                "", f"duplicate key {quoted(key)}", got=key, hint="Keep one of them."
            )
            self._report(finding, at, self._places[key][0])

    def _map(self, event: _Event) -> None:
        self._enter(event, {}, {})
        self._in_map = True

    def _list(self, event: _Event) -> None:
        self._enter(event, [], [])
        self._in_map = False

    def _enter(self, event: _Event, values: object, places: object) -> None:
        at = event.start_mark.index
        if event.anchor is not None or event.tag is not None:
            self._refuse(event)
        self._limit(at)
        if self._in_map and self._key is None:
            self._report(codes.NOT_A_KEY.at("", "a key must be a string, not a map or a list"), at)
            self._key, self._key_at = "?", at
        if self._in_map:
            self._values[self._key] = values
            self._places[self._key] = (self._key_at, (at, places))
        else:
            self._values.append(values)
            self._places.append((at, places))
        self._stack.append((self._values, self._places, self._in_map))
        self._values, self._places, self._key = values, places, None

    def _end(self, _event: _Event) -> None:
        self._values, self._places, self._in_map = self._stack.pop()
        self._key = None

    def _limit(self, at: int) -> None:
        self._left -= 1
        if len(self._stack) >= MAX_DEPTH:
            finding = codes.TOO_DEEP.at(
                "", "the document is nested too deeply",
                allowed=f"up to {MAX_DEPTH} levels",
            )  # fmt: skip
        elif self._left < 0:
            finding = codes.TOO_LARGE.at("", "the document has too many values for a spec")
        else:
            return
        self._report(finding, at)
        raise _Stop

    def _refuse(self, event: _Event) -> None:
        at = event.start_mark.index
        if event.anchor is not None:
            self._report(_no_alias(f"&{event.anchor}"), at)
        if event.tag is not None and event.tag != "!":
            finding = codes.TAG.at(
                "", "YAML tags are not allowed", got=quoted(event.tag),
                hint="Remove it; put text in quotes if it must stay text.",
            )  # fmt: skip
            self._report(finding, at)

    def _alias(self, event: _Event) -> None:
        self._report(_no_alias(f"*{event.anchor}"), event.start_mark.index)
        if self._in_map:
            self._key = None if self._key is not None else f"*{event.anchor}"

    def _report(self, finding: Finding, offset: int, other: int | None = None) -> None:
        self.problems.append(Problem(finding, offset, other))
        if len(self.problems) >= _MAX_PROBLEMS:
            raise _Stop


def _no_alias(got: str) -> Finding:
    return codes.ALIAS.at(
        "", "YAML anchors and aliases are not allowed", got=got,
        hint="Use defaults or variables for what repeats; put text that begins with * in quotes.",
    )  # fmt: skip
