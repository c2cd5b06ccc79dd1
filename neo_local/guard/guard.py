"""The checks of the guard, in order."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from neo_local.guard import sigv2, sigv4
from neo_local.guard.request import Request

_OWN_HOST = re.compile(
    r"(([a-z0-9_-]+\.)*localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.IGNORECASE
)
_PLAIN_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_SIGN = "sign it with the credentials that `neoctl local env` prints"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered: an AWS error code and what to do."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks requests against one secret.

    Attributes:
        open_page: Whether a request may be unsigned. Its host and origin are checked all the same,
            and it must have no query and no subdomain, by which it could be taken for another.
    """

    secret: str = field(repr=False)
    open_page: Callable[[Request], bool]
    clock: Callable[[], float] = time.time

    def screen(self, request: Request) -> Refusal | None:
        """Refuse what can be refused before the body is read."""
        if not _OWN_HOST.fullmatch(request.one("host")):
            return Refusal(
                "AccessDenied", "unknown Host header; use localhost, 127.0.0.1 or [::1] instead"
            )
        if _is_of_a_web_page(request):
            return Refusal("AccessDenied", "web pages may not call the embedded AWS")
        if self._is_open(request) or sigv2.is_presigned(request) or sigv4.read(request):
            return None
        return Refusal("MissingAuthenticationToken", f"the request is not signed; {_SIGN}")

    def needs_body(self, request: Request) -> bool:
        """Return whether `verify` needs the body of a request that passed `screen`."""
        signature = sigv4.read(request)
        return (
            signature is not None
            and not self._is_open(request)
            and sigv4.needs_body(request, signature)
        )

    def verify(self, request: Request, body: bytes) -> Refusal | None:
        """Refuse a request that passed `screen` and is not signed with the secret."""
        if self._is_open(request):
            return None
        wrong = Refusal("SignatureDoesNotMatch", f"the request is signed by another key; {_SIGN}")
        signature = sigv4.read(request)
        if signature is None:
            made = sigv2.is_presigned(request) and sigv2.is_made_with(
                self.secret, request, self.clock()
            )
            return None if made else wrong
        if not sigv4.is_made_with(self.secret, signature, request, body):
            return wrong
        if not signature.is_current(self.clock()):
            return Refusal("RequestExpired", "the signature has expired, or the clock is wrong")
        return None

    def _is_open(self, request: Request) -> bool:
        plain = not request.query and _PLAIN_HOST.fullmatch(request.one("host"))
        return bool(plain) and self.open_page(request)


def _is_of_a_web_page(request: Request) -> bool:
    """Return whether a browser sent it for a page; "none" is a user who typed the address."""
    sites = request.all("sec-fetch-site")
    return bool(request.all("origin")) or any(site != "none" for site in sites)
