"""Artifacts and stacks, on clients that answer from a script."""

from __future__ import annotations

import pytest
from botocore.exceptions import IncompleteReadError, ReadTimeoutError

from reconciler.aws.artifacts import S3Artifacts, S3Body
from reconciler.aws.budget import Budget
from reconciler.aws.stacks import CloudFormationStacks
from reconciler.core.ports import (
    Denied,
    Invalid,
    ObjectHead,
    StackResourceView,
    StackView,
    Unavailable,
)
from tests.unit.aws.test_errors import client_error
from tests.unit.aws.test_sagemaker import NOW, Scripted

NO_STACK = client_error("ValidationError", "Stack with id x does not exist")


def test_an_object_is_looked_up_by_one_head_and_its_buckets_owner() -> None:
    found = {"VersionId": "v1", "ETag": '"abc"', "ChecksumSHA256": "AAECAw=="}
    parts = {"ChecksumSHA256": "AAECAw==-2"}
    missing = client_error("404", "Not Found", 404)
    client = Scripted(head_object=[found, missing, parts])
    artifacts = S3Artifacts(client, Budget())
    uri = "s3://bucket/a/b.tar.gz"
    assert artifacts.head(uri, "111122223333") == ObjectHead("v1", "abc", "00010203")
    assert artifacts.head(uri, None) is None
    assert artifacts.head(uri, None, checksum=True) == ObjectHead()
    assert [call[1].get("ChecksumMode") for call in client.calls] == [None, None, "ENABLED"]
    expected = {"Bucket": "bucket", "Key": "a/b.tar.gz", "ExpectedBucketOwner": "111122223333"}
    assert client.calls[0] == ("head_object", expected)


def test_an_object_that_may_not_be_seen_is_denied_not_missing() -> None:
    client = Scripted(head_object=[client_error("403", "Forbidden", 403)])
    with pytest.raises(Denied):
        S3Artifacts(client, Budget()).head("s3://bucket/key", None)


@pytest.mark.parametrize("uri", ["", "s3://bucket", "https://bucket/key", "s3://bucket/"])
def test_what_names_no_object_is_refused(uri: str) -> None:
    with pytest.raises(Invalid, match="not the s3:// URI"):
        S3Artifacts(Scripted(), Budget()).head(uri, None)


class Body:
    """An object's bytes, piece by piece; an error among them is raised."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = [*pieces]
        self.sizes: list[int] = []

    def read(self, size: int) -> bytes:
        self.sizes.append(size)
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        return piece


def opened(body: Body, length: int, budget: Budget | None = None) -> S3Body:
    client = Scripted(get_object=[{"Body": body, "ContentLength": length}])
    found = S3Artifacts(client, budget or Budget()).open("s3://bucket/key", "111122223333")
    where = {"Bucket": "bucket", "Key": "key", "ExpectedBucketOwner": "111122223333"}
    assert client.calls == [("get_object", where)]
    assert found is not None
    return found


def test_an_object_is_read_in_small_pieces_to_its_end() -> None:
    body = Body(b"abc", b"de")
    stream = opened(body, 5)
    assert [stream.read(1 << 20), stream.read(1 << 20), stream.read(1)] == [b"abc", b"de", b""]
    assert body.sizes == [5, 2]
    large = Body(b"a")
    opened(large, 1 << 30).read(1 << 20)
    assert large.sizes == [64 * 1024]


def test_an_object_that_is_not_there_has_no_bytes_and_a_denied_one_is_denied() -> None:
    missing = [client_error("NoSuchKey", "gone", 404)]
    assert S3Artifacts(Scripted(get_object=missing), Budget()).open("s3://b/k", None) is None
    denied = [client_error("AccessDenied", "not authorized to perform: kms:Decrypt", 403)]
    with pytest.raises(Denied, match="kms:Decrypt"):
        S3Artifacts(Scripted(get_object=denied), Budget()).open("s3://b/k", None)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        ConnectionResetError("reset"),
        ReadTimeoutError(endpoint_url="https://s3"),
        IncompleteReadError(actual_bytes=1, expected_bytes=5),
    ],
)
def test_a_connection_that_breaks_is_for_another_time(broken: bytes | Exception) -> None:
    stream = opened(Body(b"a", broken), 5)
    assert stream.read(10) == b"a"
    with pytest.raises(Unavailable):
        stream.read(10)


def test_reading_ends_before_the_call_does() -> None:
    left = [60_000, 20_000, 14_000]
    budget = Budget()
    budget.follow(lambda: left.pop(0))
    stream = opened(Body(b"a", b"b"), 2, budget)
    assert stream.read(1) == b"a"
    with pytest.raises(Unavailable, match="time is nearly over"):
        stream.read(1)


def test_a_stack_and_its_resources_are_seen_and_what_does_not_exist_is_none() -> None:
    client = Scripted(
        describe_stacks=[
            {"Stacks": [{"StackStatus": "UPDATE_IN_PROGRESS", "LastUpdatedTime": NOW}]},
            NO_STACK,
            {"Stacks": []},
        ],
        list_stack_resources=[
            {
                "StackResourceSummaries": [
                    {"LogicalResourceId": "R", "PhysicalResourceId": "p", "ResourceStatus": "S"}
                ],
                "NextToken": "more",
            },
            {
                "StackResourceSummaries": [
                    {
                        "LogicalResourceId": "N",
                        "ResourceStatus": "T",
                        "LastUpdatedTimestamp": NOW,
                    }
                ]
            },
            NO_STACK,
        ],
    )
    stacks = CloudFormationStacks(client, Budget())
    assert stacks.stack("id") == StackView("UPDATE_IN_PROGRESS", NOW)
    assert stacks.stack("id") is None
    assert stacks.stack("id") is None
    assert stacks.resources("id") == {
        "R": StackResourceView("p", "S"),
        "N": StackResourceView("", "T", NOW),
    }
    assert stacks.resources("id") == {}
