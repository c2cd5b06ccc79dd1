"""A request as the guard sees it, whichever server received it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class Request:
    """A request line and its headers.

    Attributes:
        path: As it was sent, still percent-encoded, without the query.
        headers: Names in lower case; a header may be there several times.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, method: str, target: str, headers: Iterable[tuple[str, str]]) -> Request:
        """Make one from a request line's target, such as ``/path?query``."""
        path, _, query = target.partition("?")
        return cls(method, path, query, tuple((name.lower(), value) for name, value in headers))

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for header, value in self.headers if header == name]

    def one(self, name: str) -> str:
        """Return the value of a header that is there once, or an empty string."""
        values = self.all(name)
        return values[0] if len(values) == 1 else ""

    def parameters(self) -> list[tuple[str, str]]:
        """Return the query's parameters, decoded, in their order."""
        pairs = (pair.partition("=") for pair in self.query.split("&") if pair)
        return [(unquote(name), unquote(value)) for name, _, value in pairs]
