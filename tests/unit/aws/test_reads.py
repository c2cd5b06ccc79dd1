"""Artifacts and stacks, on clients that answer from a script."""

from __future__ import annotations

import pytest

from reconciler.aws.artifacts import S3Artifacts
from reconciler.aws.budget import Budget
from reconciler.aws.stacks import CloudFormationStacks
from reconciler.core.ports import Denied, Invalid, ObjectHead, StackResourceView, StackView
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
