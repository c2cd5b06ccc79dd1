"""Objects in S3 as byte streams that are read once, front to back, and never held in memory."""

from __future__ import annotations

from typing import Any, Final

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_RESUMES: Final = 3
_WORDS: Final = {
    "NoSuchKey": "the object does not exist",
    "NoSuchBucket": "the bucket does not exist",
    "404": "the object does not exist",
    "AccessDenied": "access is denied: s3:GetObject on the object, or s3:ListBucket on the "
    "bucket if the object may be missing",
    "403": "access is denied",
    "InvalidObjectState": "the object is archived; restore it first",
    "PermanentRedirect": "the bucket is in another region; give its --region",
    "PreconditionFailed": "the object was replaced while it was read",
    "ExpiredToken": "the credentials have expired",
}


class ObjectError(OSError):
    """An object that could not be read; its text says why."""


class ObjectStream:
    """The bytes of one object. A connection that breaks is resumed where it broke, on the same
    version of the object, at most three times.

    Args:
        client: A boto3 S3 client, or what answers `get_object` as one does.
        uri: ``s3://bucket/key``.

    Raises:
        ObjectError: The URI names no object, or the object cannot be had.
    """

    def __init__(self, client: Any, uri: str) -> None:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        if not uri.startswith("s3://") or not bucket or not key:
            raise ObjectError(f"{uri!r} is not the s3:// URI of an object")
        self._client = client
        self._uri = uri
        self._where = {"Bucket": bucket, "Key": key}
        self._position = 0
        self._resumes = 0
        answer = self._get({})
        self._body = answer["Body"]
        self._etag = str(answer.get("ETag", ""))
        self.size = int(answer["ContentLength"])

    def read(self, size: int, /) -> bytes:
        """Return at most `size` further bytes; none at the object's end."""
        while self._position < self.size:
            try:
                data = bytes(self._body.read(min(size, self.size - self._position)))
            except (BotoCoreError, OSError) as error:
                self._resume(str(error))
                continue
            if not data:
                self._resume("it ended early")
                continue
            self._position += len(data)
            return data
        return b""

    def _resume(self, why: str) -> None:
        self._resumes += 1
        if self._resumes > _RESUMES:
            raise ObjectError(f"{self._uri}: the connection broke {_RESUMES} times: {why}")
        condition = {"IfMatch": self._etag} if self._etag else {}
        self._body = self._get({"Range": f"bytes={self._position}-", **condition})["Body"]

    def _get(self, more: dict[str, str]) -> Any:
        try:
            return self._client.get_object(**self._where, **more)
        except ClientError as error:
            found = error.response.get("Error", {})
            code = str(found.get("Code", ""))
            words = _WORDS.get(code) or f"{code}: {found.get('Message', '')}"
            raise ObjectError(f"{self._uri}: {words}") from None
        except BotoCoreError as error:
            raise ObjectError(f"{self._uri}: {error}") from None


def open_object(
    uri: str,
    *,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> ObjectStream:
    """Return an object by its s3:// URI, with the usual credentials, environment and configuration.

    Raises:
        ObjectError: It cannot be had.
    """
    try:
        client = botocore.session.Session(profile=profile).create_client(
            "s3",
            region_name=region,
            endpoint_url=endpoint_url,
            config=Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard"}),
        )
    except (BotoCoreError, ValueError) as error:
        raise ObjectError(f"{uri}: {error}") from None
    return ObjectStream(client, uri)
