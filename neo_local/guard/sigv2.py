"""Presigned S3 URLs of Signature Version 2, which boto3 makes by default.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator

from neo_local.guard.request import Request
from neo_local.guard.sigv4 import is_count

_SUBRESOURCES = frozenset(
    (
        *("acl", "cors", "delete", "lifecycle", "location", "logging", "notification"),
        *("partNumber", "policy", "restore", "tagging", "torrent", "uploadId", "uploads"),
        *("versionId", "versioning", "versions", "website"),
        *("response-cache-control", "response-content-disposition", "response-content-encoding"),
        *("response-content-language", "response-content-type", "response-expires"),
    )
)


def is_presigned(request: Request) -> bool:
    """Return whether a request is such a URL; none of its parts need be right."""
    names = {name for name, _ in request.parameters()}
    return names >= {"AWSAccessKeyId", "Signature", "Expires"}


def is_made_with(secret: str, request: Request, now: float) -> bool:
    """Return whether the URL is valid now and signed with this secret."""
    query = dict(request.parameters())
    expires = query["Expires"]
    if not is_count(expires) or int(expires) < now:
        return False
    text = "\n".join(
        (
            request.method,
            request.one("content-md5"),
            request.one("content-type"),
            expires,
            "".join(_amz_headers(request)) + _resource(request),
        )
    )
    digest = hmac.digest(secret.encode(), text.encode("latin-1", "replace"), "sha1")
    expected = base64.b64encode(digest)
    return hmac.compare_digest(expected, query["Signature"].encode())


def _amz_headers(request: Request) -> Iterator[str]:
    headers = {name: value for name, value in request.headers if name.startswith("x-amz-")}
    headers |= {name: value for name, value in request.parameters() if name.startswith("x-amz-")}
    return (f"{name}:{headers[name].strip()}\n" for name in sorted(headers))


def _resource(request: Request) -> str:
    pairs = sorted(pair for pair in request.parameters() if pair[0] in _SUBRESOURCES)
    named = "&".join(f"{name}={value}" if value else name for name, value in pairs)
    return f"{request.path}?{named}" if named else request.path
