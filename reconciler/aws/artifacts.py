"""Models and artifacts in S3: implements Artifacts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from reconciler.aws.budget import Budget
from reconciler.aws.errors import coded, lookup
from reconciler.core.ports import Invalid, ObjectHead

_is_missing = coded("404", "NoSuchKey", "NotFound", "NoSuchBucket")


class S3Artifacts:
    """Looks objects up by HeadObject."""

    def __init__(self, client: Any, budget: Budget) -> None:
        self._client = client
        self._budget = budget

    def head(
        self, s3_uri: str, bucket_owner: str | None, *, checksum: bool = False
    ) -> ObjectHead | None:
        """Call HeadObject."""
        bucket, _, key = s3_uri.removeprefix("s3://").partition("/")
        if not s3_uri.startswith("s3://") or not key:
            raise Invalid("InvalidUri", f"{s3_uri!r} is not the s3:// URI of an object")
        more = {"ExpectedBucketOwner": bucket_owner} if bucket_owner else {}
        if checksum:
            more["ChecksumMode"] = "ENABLED"
        head = self._client.head_object
        answer = lookup(self._budget, _is_missing, head, Bucket=bucket, Key=key, **more)
        return None if answer is None else of_head(answer)


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
