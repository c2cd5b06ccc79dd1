"""Small shared objects in S3, with conditional writes: implements Objects and Buckets."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import ClientError

from reconciler.aws.budget import Budget
from reconciler.aws.errors import code_of, coded, lookup, translated
from reconciler.core.objects import NEW, Stored
from reconciler.core.ports import Invalid, WriteConflict

LARGEST: Final = 32 * 1024 * 1024
"""Bytes of an object that is read: three fleets of 10,000 jobs. A function has 1 GiB of memory."""

_MISSING: Final = ("404", "NoSuchKey", "NotFound")
_CONFLICT: Final = ("412", "PreconditionFailed", "409", "ConditionalRequestConflict")
_is_missing: Final = coded(*_MISSING)
_is_conflict: Final = coded(*_CONFLICT, *_MISSING)


class S3Objects:
    """Objects of one bucket. S3 reads see every write that was answered (since 2020)."""

    def __init__(self, client: Any, budget: Budget, bucket: str, owner: str | None = None) -> None:
        self._client, self._budget = client, budget
        self._where = {"Bucket": bucket, **({"ExpectedBucketOwner": owner} if owner else {})}

    def get(self, key: str) -> Stored | None:
        """Read a whole object. Without s3:ListBucket, a missing object answers AccessDenied.

        Raises Invalid for one that is too large: whoever uploads specs decides about its size.
        """
        stored: Stored | None = lookup(self._budget, _is_missing, self._read, Key=key)
        return stored

    def _read(self, **request: str) -> Stored:
        answer = self._client.get_object(**request, **self._where)
        size = int(answer["ContentLength"])
        if size > LARGEST:
            answer["Body"].close()
            words = f"{request['Key']} has {size:,} bytes; at most {LARGEST:,} are read"
            raise Invalid("EntityTooLarge", words)
        return Stored(answer["Body"].read(), str(answer["ETag"]))

    def put(self, key: str, body: bytes, *, version: str | None = None) -> str:
        """Call PutObject, with If-Match or If-None-Match."""
        condition = {} if version is None else {"IfMatch": version}
        if version == NEW:
            condition = {"IfNoneMatch": "*"}
        with translated(self._budget):
            try:
                answer = self._client.put_object(
                    Key=key, Body=body, ContentType="application/json", **self._where, **condition
                )
            except ClientError as error:
                if condition and _is_conflict(error):
                    raise WriteConflict(code_of(error), key) from error
                raise
        return str(answer["ETag"])

    def delete(self, key: str) -> None:
        """Call DeleteObject."""
        with translated(self._budget):
            self._client.delete_object(Key=key, **self._where)


class S3Buckets:
    """Objects by bucket."""

    def __init__(self, client: Any, budget: Budget) -> None:
        self._client, self._budget = client, budget

    def bucket(self, name: str, owner: str | None = None) -> S3Objects:
        """Return the objects of one bucket; ``owner`` is the account that it must belong to."""
        return S3Objects(self._client, self._budget, name, owner)
