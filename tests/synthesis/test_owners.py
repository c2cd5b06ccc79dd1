"""Buckets, keys, roles and model packages of other accounts and regions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import CompilationFleet, CompilationJob, ConstructError, ModelArtifact, Target
from tests.synthesis.annotations import warnings_of
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import of_type, template_of

OURS, THEIRS = "111122223333", "444455556666"
HERE = cdk.Environment(account=OURS, region="eu-west-1")
KEY = f"arn:aws:kms:eu-west-1:{THEIRS}:key/11111111-2222-3333-4444-555555555555"
VIA_S3 = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
WRITES = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]


def new_stack(env: cdk.Environment | None = HERE) -> cdk.Stack:
    return cdk.Stack(cdk.App(analytics_reporting=False), "S", env=env)


def job(stack: cdk.Stack, name: str = "Job", **more: Any) -> CompilationJob:
    arguments: dict[str, Any] = {"target": Target.ML_C5, **ONNX, **more}
    if "model" not in arguments:
        arguments["model"] = model(stack)
    return CompilationJob(stack, name, **arguments)


def bucket(stack: cdk.Stack, **more: Any) -> s3.IBucket:
    return s3.Bucket.from_bucket_attributes(stack, "Theirs", bucket_name="their-bucket", **more)


def told(warning: str) -> list[dict[str, Any]]:
    """Return the statements that a warning tells the owner to add."""
    decoder, found, rest = json.JSONDecoder(), [], warning[warning.index("{") :]
    while rest.startswith("{"):
        statement, end = decoder.raw_decode(rest)
        found.append(statement)
        rest = rest[end:].removeprefix(", ")
    return found


def test_nothing_is_told_of_what_is_of_the_stacks_own_account() -> None:
    for env in (None, HERE):
        stack = new_stack(env)
        own = s3.Bucket.from_bucket_name(stack, "Own", "own-bucket")
        job(stack, model=ModelArtifact.from_bucket(own, "net.tar.gz"), output_bucket=own)
        assert warnings_of(stack) == []


def test_the_owner_of_a_models_bucket_is_told_what_to_allow() -> None:
    stack = new_stack()
    theirs = bucket(stack, account=THEIRS)
    job(stack, model=ModelArtifact.from_bucket(theirs, "nets/net.tar.gz"))
    [warning] = warnings_of(stack)
    assert f"the model's bucket their-bucket belongs to account {THEIRS}; its policy" in warning
    principal = {"AWS": f"arn:aws:iam::{OURS}:root"}
    assert told(warning) == [
        {
            "Effect": "Allow", "Principal": principal, "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::their-bucket/nets/net.tar.gz"],
        },
        {
            "Effect": "Allow", "Principal": principal, "Action": ["s3:ListBucket"],
            "Resource": ["arn:aws:s3:::their-bucket"],
            "Condition": {"StringLike": {"s3:prefix": "nets/net.tar.gz*"}},
        },
        {
            "Effect": "Allow", "Principal": principal, "Action": ["s3:GetBucketLocation"],
            "Resource": ["arn:aws:s3:::their-bucket"],
        },
    ]  # fmt: skip
    assert "encryption_key" in warning  # it may be encrypted with a key that is not known here


def test_the_owner_of_an_output_bucket_is_told_what_to_allow() -> None:
    stack = new_stack()
    job(stack, output_bucket=bucket(stack, account=THEIRS), output_prefix="nets")
    [warning] = warnings_of(stack)
    objects = told(warning)[0]
    # The reconciler looks for the artifact, in the same account.
    assert objects["Action"] == ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
    assert objects["Resource"] == ["arn:aws:s3:::their-bucket/nets/*"]


def test_the_owner_of_a_key_is_told_what_to_allow() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    theirs = bucket(stack, account=THEIRS, encryption_key=key)
    job(
        stack, model=ModelArtifact.from_bucket(theirs, "net.tar.gz"), encryption_key=key
    )  # fmt: skip
    [model_key] = warnings_of(stack, "the model's key belongs to account")
    [statement] = told(model_key)
    assert (statement["Action"], statement["Resource"], statement["Condition"]) == (
        ["kms:Decrypt"], ["*"], VIA_S3,
    )  # fmt: skip
    [output_key] = warnings_of(stack, "the output key belongs to account")
    encrypts, describes = told(output_key)
    assert (encrypts["Action"], encrypts["Condition"]) == (WRITES, VIA_S3)
    assert (describes["Action"], "Condition" in describes) == (["kms:DescribeKey"], False)
    assert all("encryption_key" not in text for text in warnings_of(stack))


def test_a_bucket_and_key_of_another_account_that_this_app_makes_allow_it_themselves() -> None:
    app = cdk.App(analytics_reporting=False)
    env = cdk.Environment(account=THEIRS, region="eu-west-1")
    other = cdk.Stack(app, "Theirs", env=env)
    key = kms.Key(other, "Key")
    made = s3.Bucket(other, "Bucket", bucket_name="their-made-bucket", encryption_key=key)
    stack = cdk.Stack(app, "S", env=HERE)
    job(stack, model=ModelArtifact.from_bucket(made, "net.tar.gz"), output_bucket=made)
    assert warnings_of(stack, "belongs to") == []
    template = template_of(other)
    [policy] = of_type(template, "AWS::S3::BucketPolicy").values()
    allowed = list(for_us(policy["Properties"]["PolicyDocument"]))
    assert "s3:GetObject" in allowed
    assert ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"] in allowed
    [made_key] = of_type(template, "AWS::KMS::Key").values()
    assert list(for_us(made_key["Properties"]["KeyPolicy"])) == [
        "kms:Decrypt", WRITES, "kms:DescribeKey",
    ]  # fmt: skip


def for_us(document: dict[str, Any]) -> Iterator[Any]:
    """Yield the actions of statements that allow our account something."""
    principal = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{OURS}:root"]]}
    for statement in document["Statement"]:
        if statement["Principal"] == {"AWS": principal}:
            yield statement["Action"]


@pytest.mark.parametrize("kind", ["job", "fleet"])
@pytest.mark.parametrize(
    "what", ["model's bucket", "output bucket", "model's key", "output key", "model package"]
)
def test_what_is_of_another_region_is_refused_with_the_reason(kind: str, what: str) -> None:
    stack = new_stack()
    far_key = kms.Key.from_key_arn(stack, "Far", KEY.replace("eu-west-1", "us-east-1"))
    far = bucket(stack, region="us-east-1")
    keyed = s3.Bucket.from_bucket_attributes(
        stack, "Keyed", bucket_name="near", encryption_key=far_key
    )
    package = ModelArtifact.from_model_package(
        f"arn:aws:sagemaker:us-east-1:{OURS}:model-package/nets/3"
    )
    cases: dict[str, dict[str, Any]] = {
        "model's bucket": {"model": ModelArtifact.from_bucket(far, "net.tar.gz")},
        "output bucket": {"output_bucket": far},
        "model's key": {"model": ModelArtifact.from_bucket(keyed, "net.tar.gz")},
        "output key": {"encryption_key": far_key},
        "model package": {"model": package, "framework": None, "data_input_config": None},
    }
    declare = job if kind == "job" else fleet_of_one
    with pytest.raises(
        ConstructError, match=rf"the {what} is in us-east-1 and the job in eu-west-1; .*replicate"
    ):
        declare(stack, **cases[what])


def fleet_of_one(stack: cdk.Stack, **given: Any) -> None:
    """A fleet whose one job, and itself, have these arguments."""
    outer = {key: given[key] for key in ("output_bucket", "encryption_key", "role") if key in given}
    inner = {key: value for key, value in given.items() if key not in outer}
    fleet = CompilationFleet(stack, "Fleet", **outer)
    fleet.add_job("one", **{"model": model(stack), "target": Target.ML_C5, **ONNX, **inner})


def test_where_the_stack_will_be_is_asked_for_if_it_matters() -> None:
    stack = new_stack(None)
    far = bucket(stack, region="us-east-1", account=THEIRS)
    job(stack, model=ModelArtifact.from_bucket(far, "net.tar.gz"))
    [region] = warnings_of(stack, "deploy the stack to us-east-1")
    assert "the model's bucket is in us-east-1" in region
    [owner] = warnings_of(stack, "belongs to account")
    assert f"unless the stack is deployed to {THEIRS}" in owner
    assert told(owner)[0]["Principal"] == {"AWS": "arn:aws:iam::ACCOUNT:root"}


def test_a_bucket_whose_name_is_a_token_is_told_of_too() -> None:
    stack = new_stack()
    name = cdk.CfnParameter(stack, "Name").value_as_string
    theirs = s3.Bucket.from_bucket_attributes(stack, "B", bucket_name=name, account=THEIRS)
    job(stack, model=ModelArtifact.from_bucket(theirs, "net.tar.gz"))
    [warning] = warnings_of(stack)
    assert told(warning)[0]["Resource"] == ["arn:aws:s3:::<Name>/net.tar.gz"]


def test_a_fleet_tells_once_of_the_bucket_of_its_models() -> None:
    stack = new_stack()
    fleet = CompilationFleet(stack, "Fleet", output_bucket=bucket(stack, account=THEIRS))
    theirs = s3.Bucket.from_bucket_attributes(
        stack, "Models", bucket_name="their-models", account=THEIRS
    )
    for name in ("one", "two"):
        trained = ModelArtifact.from_bucket(theirs, f"{name}.tar.gz")
        fleet.add_job(name, model=trained, target=Target.ML_C5, **ONNX)
    [warning] = warnings_of(stack, "the model's bucket their-models")
    reads, lists, _ = told(warning)
    assert reads["Resource"] == ["arn:aws:s3:::their-models/*"]
    assert lists["Condition"] == {"StringLike": {"s3:prefix": "*"}}
    assert len(warnings_of(stack, "the output bucket their-bucket")) == 1


def test_a_model_package_of_another_account_is_told_of() -> None:
    stack = new_stack()
    arn = f"arn:aws:sagemaker:eu-west-1:{THEIRS}:model-package/nets/3"
    CompilationJob(
        stack, "Job", model=ModelArtifact.from_model_package(arn), target=Target.ML_C5
    )  # fmt: skip
    [warning] = warnings_of(stack)
    [statement] = told(warning)
    assert (statement["Action"], statement["Resource"]) == (
        ["sagemaker:DescribeModelPackage"], [arn],
    )  # fmt: skip


def test_warnings_can_be_acknowledged_by_their_id() -> None:
    stack = new_stack()
    made = job(stack, output_bucket=bucket(stack, account=THEIRS))
    cdk.Annotations.of(made).acknowledge_warning("neo:outputBucketOwner", "they allow it")
    assert warnings_of(stack) == []


@pytest.mark.parametrize("kind", ["job", "fleet"])
def test_a_role_of_another_account_is_refused_with_the_reason(kind: str) -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", f"arn:aws:iam::{THEIRS}:role/compiler")
    declare = job if kind == "job" else fleet_of_one
    with pytest.raises(ConstructError, match=f"role is of account {THEIRS} and the job of {OURS}"):
        declare(stack, role=role)


def test_a_bucket_of_this_app_is_not_changed_for_an_account_that_is_not_known() -> None:
    app = cdk.App(analytics_reporting=False)
    env = cdk.Environment(account=THEIRS, region="eu-west-1")
    made = s3.Bucket(cdk.Stack(app, "Theirs", env=env), "Bucket", bucket_name="their-made-bucket")
    stack = cdk.Stack(app, "S")
    job(stack, model=ModelArtifact.from_bucket(made, "net.tar.gz"))
    assert made.policy is None
    assert warnings_of(stack, f"unless the stack is deployed to {THEIRS}")


def test_statements_for_owners_are_of_the_stacks_partition() -> None:
    stack = new_stack(cdk.Environment(account=OURS, region="cn-north-1"))
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws-cn:kms:cn-north-1:{THEIRS}:key/{36 * 'a'}")
    theirs = bucket(stack, account=THEIRS, encryption_key=key)
    job(stack, model=ModelArtifact.from_bucket(theirs, "net.tar.gz"))
    statements = [told(each)[0] for each in warnings_of(stack)]
    assert {each["Principal"]["AWS"] for each in statements} == {f"arn:aws-cn:iam::{OURS}:root"}
    assert {each["Resource"][0] for each in statements} == {
        "*", "arn:aws-cn:s3:::their-bucket/net.tar.gz",
    }  # fmt: skip
    [decrypts] = [each for each in statements if each["Action"] == ["kms:Decrypt"]]
    assert decrypts["Condition"] == {
        "StringEquals": {"kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"}
    }
