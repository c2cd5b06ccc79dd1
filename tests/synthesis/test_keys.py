"""Keys of models and artifacts: made, imported by ARN or alias, looked up; for jobs and fleets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    CompilationJobBase,
    CompiledModel,
    ModelArtifact,
    Target,
)
from tests.synthesis.conftest import ONNX
from tests.synthesis.rendering import JOB, Resolver, of_type, only, statements, synthesized
from tests.synthesis.test_dependency_graph import closure

KEYS = "arn:aws:kms:us-east-1:123456789012:key"
ID = "11111111-2222-3333-4444-555555555555"
VIA_S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
WRITES = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]

Make = Callable[[cdk.Stack], kms.IKey]


def by_arn(stack: cdk.Stack) -> kms.IKey:
    return kms.Key.from_key_arn(stack, "Key", f"{KEYS}/{ID}")


def by_alias_name(stack: cdk.Stack) -> kms.IKey:
    return kms.Alias.from_alias_name(stack, "Key", "alias/artifacts")


def by_alias_arn(stack: cdk.Stack) -> kms.IKey:
    return kms.Key.from_key_arn(
        stack, "Key", "arn:aws:kms:us-east-1:123456789012:alias/artifacts"
    )  # fmt: skip


def alias_of_a_made_key(stack: cdk.Stack) -> kms.IKey:
    return kms.Alias(stack, "Alias", alias_name="alias/mine", target_key=kms.Key(stack, "Key"))


def build(make: Make, kind: str) -> Callable[[cdk.Stack], None]:
    """Return a job or fleet that reads from a bucket with this key and writes with it."""

    def built(stack: cdk.Stack) -> None:
        key = make(stack)
        models = s3.Bucket.from_bucket_attributes(
            stack, "Models", bucket_name="models", encryption_key=key
        )
        model = ModelArtifact.from_bucket(models, "net.tar.gz", digest=f"sha256:{64 * '0'}")
        if kind == "job":
            CompilationJob(
                stack, "It", model=model, target=Target.ML_C5, encryption_key=key, **ONNX
            )
        else:
            fleet = CompilationFleet(stack, "It", encryption_key=key)
            fleet.add_job("one", model=model, target=Target.ML_C5, **ONNX)

    return built


def key_rights(template: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Actions, resource and condition of every statement about keys, each in one text."""
    found = set()
    for _, statement in statements(template):
        actions = statement["Action"]
        listed = [actions] if isinstance(actions, str) else actions
        if not listed[0].startswith("kms:"):
            continue
        resources = Resolver().resolve(statement["Resource"])
        condition = Resolver().resolve(statement.get("Condition", {}))
        for resource in [resources] if isinstance(resources, str) else resources:
            found.add((" ".join(listed), resource, str(condition)))
    return found


@pytest.mark.parametrize("kind", ["job", "fleet"])
def test_a_key_of_an_arn_is_named_by_it(kind: str) -> None:
    through_s3 = str({"StringEquals": VIA_S3})
    assert key_rights(synthesized(build(by_arn, kind))) == {
        ("kms:Decrypt", f"{KEYS}/{ID}", through_s3),
        (" ".join(WRITES), f"{KEYS}/{ID}", through_s3),
        ("kms:DescribeKey", f"{KEYS}/{ID}", "{}"),
    }


@pytest.mark.parametrize("kind", ["job", "fleet"])
@pytest.mark.parametrize("make", [by_alias_name, by_alias_arn])
def test_a_key_of_an_alias_is_any_that_bears_it(make: Make, kind: str) -> None:
    bears = {"kms:ResourceAliases": "alias/artifacts"}
    both = str({"StringEquals": VIA_S3, "ForAnyValue:StringEquals": bears})
    assert key_rights(synthesized(build(make, kind))) == {
        ("kms:Decrypt", f"{KEYS}/*", both),
        (" ".join(WRITES), f"{KEYS}/*", both),
        ("kms:DescribeKey", f"{KEYS}/*", str({"ForAnyValue:StringEquals": bears})),
    }


@pytest.mark.parametrize("kind", ["job", "fleet"])
def test_an_alias_made_here_stands_for_its_key(kind: str) -> None:
    template = synthesized(build(alias_of_a_made_key, kind))
    [key] = of_type(template, "AWS::KMS::Key")
    assert {resource for _, resource, _ in key_rights(template)} == {f"value-of-{key}.Arn"}


def test_no_policy_names_an_alias_as_its_resource() -> None:
    for make in (by_alias_name, by_alias_arn, alias_of_a_made_key):
        for kind in ("job", "fleet"):
            rights = key_rights(synthesized(build(make, kind)))
            assert not [resource for _, resource, _ in rights if ":alias/" in resource]


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        (ID, f"{KEYS}/{ID}"),
        (f"mrk-{32 * 'a'}", f"{KEYS}/mrk-{32 * 'a'}"),
        ("alias/artifacts", f"{KEYS}/*"),
        (f"{KEYS}/{ID}", f"{KEYS}/{ID}"),
    ],
)
def test_a_spec_may_name_its_key_in_every_form_that_the_api_takes(
    text: str, resource: str, tmp_path: Any
) -> None:
    (tmp_path / "one.json").write_text(
        '{"CompilationJobName": "one", "InputConfig": {"S3Uri": "s3://models/net.tar.gz", '
        '"Framework": "ONNX", "DataInputConfig": "{\\"data\\": [1, 3, 8, 8]}"}, '
        '"OutputConfig": {"S3OutputLocation": "s3://out/here", "TargetDevice": "ml_c5", '
        f'"KmsKeyId": "{text}"}}, "StoppingCondition": {{"MaxRuntimeInSeconds": 900}}}}'
    )
    template = synthesized(
        lambda stack: CompilationFleet.from_specs(stack, "It", path=tmp_path / "one.json")
    )
    assert {each for _, each, _ in key_rights(template)} == {resource}


def test_a_key_that_was_looked_up_is_named_by_its_arn() -> None:
    app = cdk.App(
        analytics_reporting=False,
        context={
            "key-provider:account=123456789012:aliasName=alias/artifacts:region=us-east-1": {
                "keyId": ID
            }
        },
    )
    env = cdk.Environment(account="123456789012", region="us-east-1")
    stack = cdk.Stack(app, "S", env=env)
    build(lambda stack: kms.Key.from_lookup(stack, "Key", alias_name="alias/artifacts"), "job")(
        stack
    )
    template = app.synth().get_stack_artifact("S").template
    assert {resource for _, resource, _ in key_rights(template)} == {f"{KEYS}/{ID}"}


def test_keys_made_here_are_there_before_the_job_and_after_it() -> None:
    def built(stack: cdk.Stack) -> None:
        models = s3.Bucket(stack, "Models", encryption=s3.BucketEncryption.KMS)
        CompilationJob(
            stack, "Job", model=ModelArtifact.from_bucket(models, "net.tar.gz"),
            target=Target.ML_C5, encryption_key=kms.Key(stack, "Key"), **ONNX,
        )  # fmt: skip

    template = synthesized(built)
    [job] = of_type(template, JOB)
    assert set(of_type(template, "AWS::KMS::Key")) <= closure(template, job)


def test_policies_of_keys_made_here_leave_it_to_iam() -> None:
    template = synthesized(build(lambda stack: kms.Key(stack, "Key"), "job"))
    [statement] = only(template, "AWS::KMS::Key")["Properties"]["KeyPolicy"]["Statement"]
    root = Resolver().resolve(statement["Principal"]["AWS"])
    assert (statement["Action"], root) == ("kms:*", "arn:aws:iam::123456789012:root")


@pytest.mark.parametrize("kind", ["job", "fleet"])
@pytest.mark.parametrize("is_alias", [False, True])
def test_a_policy_that_an_app_gives_its_key_is_completed(kind: str, is_alias: bool) -> None:
    def make(stack: cdk.Stack) -> kms.IKey:
        admin = iam.PolicyStatement(
            actions=["kms:*"],
            resources=["*"],
            principals=[iam.ArnPrincipal("arn:aws:iam::1:role/a")],
        )
        key = kms.Key(stack, "Key", policy=iam.PolicyDocument(statements=[admin]))
        return key.add_alias("mine") if is_alias else key

    template = synthesized(build(make, kind))
    _, *ours = only(template, "AWS::KMS::Key")["Properties"]["KeyPolicy"]["Statement"]
    assert {str(Resolver().resolve(each["Principal"])) for each in ours} == {
        str({"AWS": "arn:aws:iam::123456789012:root"})
    }
    assert sorted((str(each["Action"]), "Condition" in each) for each in ours) == [
        (str(WRITES), True), ("kms:Decrypt", True), ("kms:DescribeKey", False),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["job", "fleet"])
def test_artifacts_take_the_output_buckets_own_key_if_none_is_given(kind: str) -> None:
    def built(stack: cdk.Stack) -> None:
        out = s3.Bucket(stack, "Out", encryption_key=kms.Key(stack, "Key"))
        model = ModelArtifact.from_bucket(
            s3.Bucket.from_bucket_name(stack, "Models", "models"), "net.tar.gz"
        )
        if kind == "job":
            CompilationJob(stack, "It", model=model, target=Target.ML_C5, output_bucket=out, **ONNX)
        else:
            fleet = CompilationFleet(stack, "It", output_bucket=out)
            fleet.add_job("one", model=model, target=Target.ML_C5, **ONNX)

    template = synthesized(built)
    [key] = of_type(template, "AWS::KMS::Key")
    assert {(actions, name) for actions, name, _ in key_rights(template)} == {
        (" ".join(WRITES), f"value-of-{key}.Arn"),
        ("kms:DescribeKey", f"value-of-{key}.Arn"),
    }


@pytest.mark.parametrize("kind", ["job", "fleet", "imported"])
@pytest.mark.parametrize("make", [by_arn, by_alias_name, lambda stack: kms.Key(stack, "Key")])
def test_who_may_read_artifacts_may_decrypt_them_with_their_key(make: Make, kind: str) -> None:
    def built(stack: cdk.Stack) -> None:
        user = iam.Role(stack, "User", assumed_by=iam.AccountRootPrincipal())
        key = make(stack)
        model = ModelArtifact.from_bucket(
            s3.Bucket.from_bucket_name(stack, "Models", "models"), "net.tar.gz"
        )
        made: CompilationJobBase | CompilationFleet
        match kind:
            case "job":
                made = CompilationJob(
                    stack, "It", model=model, target=Target.ML_C5, encryption_key=key, **ONNX
                )
            case "fleet":
                made = CompilationFleet(stack, "It", encryption_key=key)
            case _:
                made = CompilationJob.from_compilation_job_attributes(
                    stack, "It", artifact_prefix="here/", artifact_key=key,
                    artifact_bucket=s3.Bucket.from_bucket_name(stack, "Out", "artifacts"),
                    compilation_job_arn="arn:aws:sagemaker:us-east-1:1:compilation-job/it",
                )  # fmt: skip
        made.grant_read_artifacts(user)

    template = synthesized(built)
    actions = [
        (statement["Action"], "kms:ResourceAliases" in str(statement.get("Condition")))
        for name, statement in statements(template)
        if name.startswith("User")
    ]
    assert ("kms:Decrypt", make is by_alias_name) in actions


def test_a_model_that_is_served_is_decrypted_with_the_key_of_its_job() -> None:
    def built(stack: cdk.Stack) -> None:
        models = s3.Bucket.from_bucket_name(stack, "Models", "models")
        job = CompilationJob(
            stack, "Job", model=ModelArtifact.from_bucket(models, "net.tar.gz"),
            target=Target.ML_C5, encryption_key=by_alias_name(stack), **ONNX,
        )  # fmt: skip
        CompiledModel(stack, "Served", job=job)

    [decrypts] = [
        statement
        for name, statement in statements(synthesized(built))
        if name.startswith("Served") and statement["Action"] == "kms:Decrypt"
    ]
    assert decrypts["Condition"]["ForAnyValue:StringEquals"] == {
        "kms:ResourceAliases": "alias/artifacts"
    }


@pytest.mark.parametrize("kind", ["job", "fleet"])
def test_assets_may_be_encrypted_with_a_bootstrap_key_of_ones_own(
    kind: str, model_file: Path
) -> None:
    def built(stack: cdk.Stack) -> None:
        exported = cdk.Fn.import_value("CdkBootstrap-hnb659fds-FileAssetKeyArn")
        model = ModelArtifact.from_asset(
            model_file, encryption_key=kms.Key.from_key_arn(stack, "AssetKey", exported)
        )
        if kind == "job":
            CompilationJob(stack, "It", model=model, target=Target.ML_C5, **ONNX)
        else:
            CompilationFleet(stack, "It").add_job("one", model=model, target=Target.ML_C5, **ONNX)

    found = [
        statement["Resource"]
        for _, statement in statements(synthesized(built))
        if "kms:Decrypt" in statement["Action"]
    ]
    exported = {"Fn::ImportValue": "CdkBootstrap-hnb659fds-FileAssetKeyArn"}
    assert exported in found or [exported] in found
