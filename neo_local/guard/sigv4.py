"""AWS Signature Version 4: read from a request, and computed again from it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from neo_local.guard.request import Request

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW_SECONDS = 900
MAX_EXPIRES_SECONDS = 7 * 86_400
_MAX_DIGITS = 12
_UNSIGNED = "UNSIGNED-PAYLOAD"
_SAFE = "-_.~"
_SCOPE = r"(?P<key>[^/,\s]+)/(?P<scope>\d{8}/[^/,\s]+/(?P<service>[^/,\s]+)/aws4_request)"
_CREDENTIAL = re.compile(_SCOPE)
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential={_SCOPE},\s*"
    r"SignedHeaders=(?P<names>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a request says about its signature.

    Attributes:
        scope: ``date/region/service/aws4_request``.
        names: The signed headers.
        time: When it was signed, as ``20260102T030405Z``.
        expires: Seconds for which a presigned URL is valid; 0 for a signature in a header.
    """

    scope: str
    service: str
    names: tuple[str, ...]
    time: str
    value: str
    expires: int = 0

    @property
    def region(self) -> str:
        """The region that it was made for."""
        return self.scope.split("/")[1]

    @property
    def presigned(self) -> bool:
        """Whether it came in the query of a presigned URL."""
        return bool(self.expires)

    def is_current(self, now: float) -> bool:
        """Return whether it is valid now: not of the future, not expired, dated as its scope."""
        try:
            signed = datetime.strptime(self.time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        except ValueError:
            return False
        last = signed + (self.expires or SKEW_SECONDS)
        return signed - SKEW_SECONDS <= now <= last and self.scope.startswith(self.time[:8])


def read(request: Request) -> Signature | None:
    """Return the signature of a request, or None if it has none that can be read."""
    if not request.all("authorization"):
        return _presigned(dict(request.parameters()))
    found = _AUTHORIZATION.fullmatch(request.one("authorization"))
    if found is None:
        return None
    names = tuple(found["names"].split(";"))
    time = request.one("x-amz-date")
    return Signature(found["scope"], found["service"], names, time, found["signature"])


def _presigned(query: dict[str, str]) -> Signature | None:
    found = _CREDENTIAL.fullmatch(query.get("X-Amz-Credential", ""))
    expires = query.get("X-Amz-Expires", "")
    if found is None or query.get("X-Amz-Algorithm") != ALGORITHM or not is_count(expires):
        return None
    return Signature(
        found["scope"],
        found["service"],
        tuple(query.get("X-Amz-SignedHeaders", "").split(";")),
        query.get("X-Amz-Date", ""),
        query.get("X-Amz-Signature", ""),
        min(int(expires), MAX_EXPIRES_SECONDS),
    )


def is_count(text: str) -> bool:
    """Return whether a text is a whole number, of a length that is worth reading."""
    return text.isdecimal() and len(text) <= _MAX_DIGITS


def needs_body(request: Request, signature: Signature) -> bool:
    """Return whether the body's hash must be computed; S3's clients send it as a header."""
    return not request.one("x-amz-content-sha256") and not (
        signature.presigned and signature.service == "s3"
    )


def is_made_with(secret: str, signature: Signature, request: Request, body: bytes) -> bool:
    """Return whether the signature is the one that this secret makes."""
    if not _covers(signature, request):
        return False
    payload = _payload_hash(request, signature, body)
    key = _signing_key(secret, signature.scope)
    expected = (
        _sign(key, _string_to_sign(signature, request, path, payload)).hex()
        for path in _canonical_paths(request.path)
    )
    given = signature.value.encode()
    return any([hmac.compare_digest(one.encode(), given) for one in expected])


def _covers(signature: Signature, request: Request) -> bool:
    """Return whether the host and every header that AWS gives a meaning to is signed.

    Whoever is handed a presigned URL could add such a header otherwise: the source of a copy, or
    the operation of another service.
    """
    meant = {name for name, _ in request.headers if name.startswith("x-amz-")}
    return meant | {"host"} <= {*signature.names}


def _payload_hash(request: Request, signature: Signature, body: bytes) -> str:
    if needs_body(request, signature):
        return hashlib.sha256(body).hexdigest()
    return request.one("x-amz-content-sha256") or _UNSIGNED


def _canonical_paths(path: str) -> Iterator[str]:
    """Return the path as S3 signs it, as it is sent, and as all others do, encoded once more."""
    yield path
    yield quote(path, safe=f"/{_SAFE}")


def _string_to_sign(signature: Signature, request: Request, path: str, payload: str) -> str:
    headers = "".join(f"{name}:{_header(request, name)}\n" for name in signature.names)
    lines = (request.method, path, _canonical_query(request), headers, ";".join(signature.names))
    canonical = "\n".join((*lines, payload)).encode("latin-1", "replace")
    digest = hashlib.sha256(canonical).hexdigest()
    return "\n".join((ALGORITHM, signature.time, signature.scope, digest))


def _header(request: Request, name: str) -> str:
    return ",".join(" ".join(value.split()) for value in request.all(name))


def _canonical_query(request: Request) -> str:
    pairs = (pair.partition("=") for pair in request.query.split("&") if pair)
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded if name != "X-Amz-Signature")


def _encoded(text: str) -> str:
    return quote(unquote(text, "latin-1"), safe=_SAFE, encoding="latin-1")


def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _sign(key, part)
    return key


def _sign(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode("latin-1", "replace"), "sha256")
