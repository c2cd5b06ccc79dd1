"""Artifacts in S3: implements Artifacts."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from reconciler.aws.budget import Budget
from reconciler.aws.errors import translated
from reconciler.core.ports import Invalid

_MISSING = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket"})


class S3Artifacts:
    """Looks objects up by HeadObject."""

    def __init__(self, client: Any, budget: Budget) -> None:  # noqa: ANN401
        self._client = client
        self._budget = budget

    def exists(self, s3_uri: str, bucket_owner: str | None) -> bool:
        """Whether the object is there. Raises Invalid for what is no s3:// URI of an object."""
        bucket, _, key = s3_uri.removeprefix("s3://").partition("/")
        if not s3_uri.startswith("s3://") or not key:
            raise Invalid("InvalidUri", f"{s3_uri!r} is not the s3:// URI of an object")
        owner = {"ExpectedBucketOwner": bucket_owner} if bucket_owner else {}
        with translated(self._budget):
            try:
                self._client.head_object(Bucket=bucket, Key=key, **owner)
            except ClientError as error:
                if str(error.response.get("Error", {}).get("Code")) in _MISSING:
                    return False
                raise
        return True
