"""A small client of JSON APIs over HTTP. The token is sent to one origin, and never shown."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

_TIMEOUT: Final = 30
_LONGEST: Final = 300
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class RestError(Exception):
    """An API did not do what was asked.

    Attributes:
        status: The HTTP status; 0 if there was no answer.
    """

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """What an API answered."""

    value: Any
    headers: Mapping[str, str]

    def next_page(self) -> str | None:
        """Return the address of the next page, from the header Link."""
        for link in self.headers.get("link", "").split(","):
            address, _, parameters = link.partition(";")
            if 'rel="next"' in parameters:
                return address.strip().strip("<>")
        return None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: urllib would send the token along, to whatever host."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        """Return nothing, which makes the redirect an error."""


@dataclass(frozen=True, slots=True)
class RestApi:
    """An API below one address.

    Attributes:
        base: The address. Must be https, except on this machine.
        headers: Sent with every request; not shown.

    Raises RestError for an address that would send the token in clear text, or a token that is
    not one.
    """

    base: str
    headers: Mapping[str, str] = field(repr=False)

    def __post_init__(self) -> None:
        where = urlsplit(self.base)
        if where.scheme != "https" and where.hostname not in _LOOPBACK:
            raise RestError(0, f"{self.base}: must be https, since a token is sent")
        if not all(value.isascii() and value.isprintable() for value in self.headers.values()):
            raise RestError(0, "the token has characters that a token cannot have")

    def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> RestAnswer:
        """Send a request. Raises RestError, for a redirect too.

        Args:
            method: GET, POST, PUT, PATCH.
            path: Below the base, or an address of the same origin.
            body: Sent as JSON.
        """
        address = urljoin(f"{self.base.rstrip('/')}/", path.lstrip("/"))
        if urlsplit(address)[:2] != urlsplit(self.base)[:2]:
            raise RestError(0, f"{self.base} refers to another host: {urlsplit(address).netloc}")
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            address, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={**self.headers, "Content-Type": "application/json", "User-Agent": "neoctl"},
        )  # fmt: skip
        try:
            with urllib.request.build_opener(_NoRedirects).open(request, timeout=_TIMEOUT) as got:
                return RestAnswer(_json(got.read()), _lower(got.headers))
        except urllib.error.HTTPError as error:
            with error:
                raise RestError(error.code, f"{error.code} {_said(error)}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise RestError(0, f"{urlsplit(address).netloc}: {error}") from None

    def pages(self, path: str) -> Iterator[Any]:
        """Yield the items of a list, page after page. Raises RestError."""
        address: str | None = path
        while address is not None:
            answer = self.call("GET", address)
            if not isinstance(answer.value, list):
                raise RestError(0, f"{self.base} did not answer with a list")
            yield from answer.value
            address = answer.next_page()


def _json(body: bytes) -> Any:  # noqa: ANN401 - JSON
    return json.loads(body) if body else None


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _said(error: urllib.error.HTTPError) -> str:
    """Return the API's own message, or the status in words."""
    try:
        value = json.loads(error.read(1 << 16))
        said = value.get("message") or value.get("error") or error.reason
    except (OSError, ValueError, AttributeError):
        said = error.reason
    return str(said)[:_LONGEST]
