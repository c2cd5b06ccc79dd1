"""Objects in S3 as streams: whole, resumed on the same version, or refused with the reason."""

from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from reconciler.aws.object_stream import ObjectError, ObjectStream, open_object
from reconciler.inspection.checks.report import inspect_stream
from reconciler.inspection.limits import ReadBudget
from tests.unit.inspection.archives import pack_model

URI = "s3://bucket/folder/model.tar.gz"


class Body:
    """An object's body that breaks after some bytes."""

    def __init__(self, data: bytes, breaks_after: int | None) -> None:
        self._file = io.BytesIO(data)
        self._left = breaks_after

    def read(self, size: int) -> bytes:
        if self._left is None:
            return self._file.read(size)
        if self._left <= 0:
            raise ReadTimeoutError(endpoint_url="https://s3")
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data


class Bucket:
    """One object, as an S3 client answers for it."""

    def __init__(self, data: bytes, breaks_after: int | None = None, error: str = "") -> None:
        self.data = data
        self.requests: list[dict[str, Any]] = []
        self._breaks_after = breaks_after
        self._error = error

    def get_object(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        if self._error:
            raise ClientError({"Error": {"Code": self._error, "Message": "no"}}, "GetObject")
        start = int(request.get("Range", "bytes=0-")[6:-1])
        part = self.data[start:]
        return {
            "Body": Body(part, self._breaks_after),
            "ContentLength": len(part),
            "ETag": '"v1"',
        }


def read_all(stream: ObjectStream) -> bytes:
    return b"".join(iter(lambda: stream.read(700), b""))


def test_an_object_is_read_to_its_end_in_one_request() -> None:
    bucket = Bucket(bytes(range(256)) * 20)
    assert read_all(ObjectStream(bucket, URI)) == bucket.data
    assert bucket.requests == [{"Bucket": "bucket", "Key": "folder/model.tar.gz"}]


def test_a_broken_connection_is_resumed_on_the_same_version() -> None:
    bucket = Bucket(bytes(range(256)) * 20, breaks_after=2000)
    assert read_all(ObjectStream(bucket, URI)) == bucket.data
    assert [item.get("Range") for item in bucket.requests] == [None, "bytes=2000-", "bytes=4000-"]
    assert bucket.requests[1]["IfMatch"] == '"v1"'


def test_a_connection_that_keeps_breaking_is_given_up() -> None:
    stream = ObjectStream(Bucket(bytes(100_000), breaks_after=10), URI)
    with pytest.raises(ObjectError, match="broke 3 times"):
        read_all(stream)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NoSuchKey", "the object does not exist"),
        ("NoSuchBucket", "the bucket does not exist"),
        ("AccessDenied", "s3:GetObject"),
        ("PermanentRedirect", "--region"),
        ("Odd", "Odd: no"),
    ],
)
def test_a_refusal_says_what_is_missing(code: str, words: str) -> None:
    with pytest.raises(ObjectError, match=words):
        ObjectStream(Bucket(b"", error=code), URI)


@pytest.mark.parametrize(
    "uri", ["s3://", "s3://bucket", "s3://bucket/", "s3:///key", "https://x/y"]
)
def test_what_is_no_object_is_refused_before_any_request(uri: str) -> None:
    bucket = Bucket(b"")
    with pytest.raises(ObjectError, match="not the s3:// URI"):
        ObjectStream(bucket, uri)
    assert bucket.requests == []


def test_a_model_in_s3_is_looked_into_as_it_arrives() -> None:
    stream = ObjectStream(Bucket(pack_model("dynamic.onnx")), URI)
    assert inspect_stream(stream, ReadBudget(), URI).framework == "ONNX"


def test_an_unknown_profile_is_an_error_in_words() -> None:
    with pytest.raises(ObjectError, match="nobody-has-this-profile"):
        open_object(URI, profile="nobody-has-this-profile", region="us-east-1")
