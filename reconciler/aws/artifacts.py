"""Models and artifacts in S3: implements Artifacts and ObjectReader."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from reconciler.aws.budget import Budget
from reconciler.aws.errors import coded, lookup, translated
from reconciler.core.ports import Invalid, ObjectHead, Unavailable

_PIECE: Final = 64 * 1024
"""Bytes of one read, between two looks at the time that is left."""

_is_missing = coded("404", "NoSuchKey", "NotFound", "NoSuchBucket")


class S3Artifacts:
    """Looks objects up by HeadObject, and reads them by GetObject."""

    def __init__(self, client: Any, budget: Budget) -> None:
        self._client = client
        self._budget = budget

    def head(
        self, s3_uri: str, bucket_owner: str | None, *, checksum: bool = False
    ) -> ObjectHead | None:
        """Call HeadObject."""
        where = _place(s3_uri, bucket_owner)
        if checksum:
            where["ChecksumMode"] = "ENABLED"
        answer = lookup(self._budget, _is_missing, self._client.head_object, **where)
        return None if answer is None else of_head(answer)

    def open(self, s3_uri: str, bucket_owner: str | None) -> S3Body | None:
        """Call GetObject."""
        where = _place(s3_uri, bucket_owner)
        answer = lookup(self._budget, _is_missing, self._client.get_object, **where)
        return None if answer is None else S3Body(answer, self._budget)


class S3Body:
    """The bytes of an object, as far as the time of this call goes."""

    def __init__(self, answer: Mapping[str, Any], budget: Budget) -> None:
        self._body, self._left = answer["Body"], int(answer["ContentLength"])
        self._budget = budget

    def read(self, size: int, /) -> bytes:
        """Return at most `size` further bytes; none at the object's end. Raises Unavailable."""
        if not self._left:
            return b""
        with translated(self._budget):
            try:
                data = bytes(self._body.read(min(size, _PIECE, self._left)))
            except OSError as error:
                raise Unavailable(type(error).__name__, str(error)) from error
        if not data:
            raise Unavailable("IncompleteRead", f"{self._left:,} bytes of an object did not come")
        self._left -= len(data)
        return data


def _place(s3_uri: str, bucket_owner: str | None) -> dict[str, str]:
    """Return an object's place as the API names it. Raises Invalid."""
    bucket, _, key = s3_uri.removeprefix("s3://").partition("/")
    if not s3_uri.startswith("s3://") or not key:
        raise Invalid("InvalidUri", f"{s3_uri!r} is not the s3:// URI of an object")
    owner = {"ExpectedBucketOwner": bucket_owner} if bucket_owner else {}
    return {"Bucket": bucket, "Key": key, **owner}


def of_head(answer: Mapping[str, Any]) -> ObjectHead:
    """Return an object as HeadObject describes it."""
    return ObjectHead(
        version_id=answer.get("VersionId") or "",
        etag=(answer.get("ETag") or "").strip('"'),
        sha256=_hex(answer.get("ChecksumSHA256") or ""),
        size=answer.get("ContentLength"),
        modified=answer.get("LastModified"),
    )


def _hex(checksum: str) -> str:
    """Return a base64 checksum in hex; empty for a multipart upload's, which is not a digest."""
    try:
        return base64.b64decode(checksum, validate=True).hex()
    except binascii.Error:
        return ""
