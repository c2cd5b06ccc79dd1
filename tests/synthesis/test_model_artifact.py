"""What is declared of a model's content, and what of it could never be true."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import CompilationJob, ModelArtifact, Target
from tests.synthesis.conftest import ONNX
from tests.synthesis.rendering import statements, synthesized

SHA256 = f"sha256:{64 * 'a'}"


def model(stack: cdk.Stack, key: str = "net.tar.gz", **declared: str) -> ModelArtifact:
    bucket = s3.Bucket.from_bucket_name(stack, f"B{len(stack.node.children)}", "models")
    return ModelArtifact.from_bucket(bucket, key, **declared)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"object_version": "v", "digest": SHA256}, "both given"),
        ({"object_version": ""}, "empty"),
        ({"digest": ""}, "empty"),
        ({"digest": "etag:"}, "empty"),
        ({"digest": "sha256:00ff"}, "64 hexadecimal digits.*base64"),
        ({"digest": "sha256:R1cEpv2F0oIbV9DBgRo1ZbV/kPcKFEOExample0Q8="}, "64 hexadecimal digits"),
        ({"digest": "version:abc"}, "give the version as object_version"),
    ],
)
def test_what_no_object_could_have_is_refused(declared: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        model(cdk.Stack(), **declared)


@pytest.mark.parametrize("key", ["nets/*.tar.gz", "net?.tar.gz"])
def test_a_key_that_policies_would_take_for_a_pattern_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="patterns in IAM policies"):
        model(cdk.Stack(), key)


@pytest.mark.parametrize(
    ("declared", "revision"),
    [
        ({}, None),
        ({"object_version": "v1"}, "version:v1"),
        ({"digest": SHA256}, SHA256),
        ({"digest": "etag:0123"}, "etag:0123"),
        ({"digest": "build-17"}, "build-17"),
    ],
)
def test_what_is_declared_tells_one_content_from_another(
    declared: dict[str, str], revision: str | None
) -> None:
    stack = cdk.Stack()
    assert model(stack, **declared).bind(stack, "S/Job").revision == revision


def test_the_content_may_be_a_token() -> None:
    stack = cdk.Stack()
    digest = cdk.CfnParameter(stack, "Digest").value_as_string
    bound = model(stack, digest=digest).bind(stack, "S/Job")
    assert bound.revision == digest
    assert bound.checked is not None  # it may be one that can be compared


def test_checksums_under_keys_by_arn_and_by_alias_are_read_by_statements_of_their_own() -> None:
    def build(stack: cdk.Stack) -> None:
        arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
        keys: list[kms.IKey] = [
            kms.Key.from_key_arn(stack, "K1", arn),
            kms.Alias.from_alias_name(stack, "K2", "alias/models"),
            kms.Alias.from_alias_name(stack, "K3", "alias/others"),
        ]
        for number, key in enumerate(keys):
            bucket = s3.Bucket.from_bucket_attributes(
                stack, f"In{number}", bucket_name=f"models-{number}", encryption_key=key
            )
            trained = ModelArtifact.from_bucket(bucket, "net.tar.gz", digest=SHA256)
            CompilationJob(stack, f"Job{number}", model=trained, target=Target.ML_C5, **ONNX)

    found = {
        statement["Sid"]: statement["Condition"].get("ForAnyValue:StringEquals")
        for _, statement in statements(synthesized(build))
        if statement.get("Sid", "").startswith("ReadChecksums")
    }
    assert list(found.values()) == [
        None, {"kms:ResourceAliases": "alias/models"}, {"kms:ResourceAliases": "alias/others"},
    ]  # fmt: skip
