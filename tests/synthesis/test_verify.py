"""``verify=`` on constructs: the property, what the function gets for it, nothing without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    ConstructError,
    ContinuousReconciliation,
    ModelArtifact,
    Target,
    Verify,
)
from reconciler.bundle import content_hash
from reconciler.core import contract
from tests.contract.privilege.policies import documents, role_named
from tests.synthesis.conftest import ONNX
from tests.synthesis.rendering import of_type, only, synthesized


def job(**arguments: Any) -> Callable[[cdk.Stack], object]:
    """Return what builds a job with keys of its own for model and artifact."""

    def build(stack: cdk.Stack) -> None:
        models = s3.Bucket(stack, "In", encryption_key=kms.Key(stack, "InKey"))
        out = s3.Bucket(stack, "Out", encryption_key=kms.Key(stack, "OutKey"))
        CompilationJob(
            stack, "Job", model=ModelArtifact.from_bucket(models, "m.tar.gz"), target=Target.ML_C5,
            output_bucket=out, **{**ONNX, **arguments},
        )  # fmt: skip

    return build


def function(template: dict[str, Any], name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [
        each["Properties"]
        for logical_id, each in of_type(template, "AWS::Lambda::Function").items()
        if logical_id.startswith(f"NeoCompilationProvider{name}")
    ]
    return found[0]


def rights(template: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what the reconciling function may do with objects and keys."""
    found = []
    role = role_named(template, "NeoCompilationProviderIsCompleteRole")
    for document in documents(template, role):
        for statement in document["Statement"]:
            actions, resources = statement["Action"], statement["Resource"]
            for action in [actions] if isinstance(actions, str) else actions:
                for resource in resources if isinstance(resources, list) else [resources]:
                    if action in ("s3:GetObject", "kms:Decrypt"):
                        found.append((action, str(resource)))
    return found


@pytest.mark.parametrize("verify", [Verify.OFF, "off"])
def test_without_it_a_template_is_what_it_was(verify: Verify) -> None:
    assert synthesized(job(verify=verify)) == synthesized(job())
    template = synthesized(job())
    assert contract.VERIFY not in only(template, contract.JOB_RESOURCE)["Properties"]
    assert "EphemeralStorage" not in function(template, "IsComplete")
    assert [action for action, _ in rights(template)] == ["s3:GetObject"]


@pytest.mark.parametrize("verify", [Verify.WARN, Verify.FAIL, "fail"])
def test_it_is_a_property_beside_the_declaration_which_stays_as_it_is(verify: Verify) -> None:
    plain, verified = (
        only(synthesized(job(**given)), contract.JOB_RESOURCE)["Properties"]
        for given in ({}, {"verify": verify})
    )
    assert verified == {**plain, contract.VERIFY: str(verify)}


def test_the_function_gets_the_code_that_verifies_memory_and_disk_and_no_other_does() -> None:
    template = synthesized(job(verify=Verify.FAIL))
    reconciling = function(template, "IsComplete")
    assert content_hash(verifies=True) != content_hash()
    assert reconciling["MemorySize"] == 1024
    assert reconciling["EphemeralStorage"] == {"Size": 1536}
    plain = synthesized(job())
    assert reconciling["Code"] != function(plain, "IsComplete")["Code"]
    assert function(template, "OnEvent") == function(plain, "OnEvent")


def test_the_function_may_read_artifact_and_model_and_decrypt_both_and_nothing_else() -> None:
    found = rights(synthesized(job(verify=Verify.WARN)))
    assert [action for action, _ in found] == ["s3:GetObject"] * 2 + ["kms:Decrypt"] * 2
    assert "compiled/" in found[0][1]
    assert found[1][1].endswith("/m.tar.gz")


def test_its_findings_are_an_attribute_which_a_job_without_it_does_not_have() -> None:
    def build(stack: cdk.Stack) -> None:
        model = ModelArtifact.from_bucket(s3.Bucket(stack, "In"), "m.tar.gz")
        made = CompilationJob(
            stack, "Job", model=model, target=Target.ML_C5, verify=Verify.WARN, **ONNX
        )
        cdk.CfnOutput(stack, "Found", value=made.compilation_job_artifact_findings)
        other = CompilationJob(stack, "Other", model=model, target=Target.ML_C5, **ONNX)
        with pytest.raises(ConstructError, match="give verify="):
            _ = other.compilation_job_artifact_findings

    found = synthesized(build)["Outputs"]["Found"]["Value"]["Fn::GetAtt"]
    assert found[1] == contract.ARTIFACT_FINDINGS


def test_a_deployment_that_does_not_wait_verifies_nothing_and_cannot_be_asked_to() -> None:
    with pytest.raises(ConstructError, match="with wait=False the deployment ends before"):
        synthesized(job(verify=Verify.FAIL, wait=False))
    synthesized(job(verify=Verify.OFF, wait=False))


def test_another_word_is_refused_with_the_words_that_are_allowed() -> None:
    with pytest.raises(ConstructError, match=r"allowed is Verify\.OFF, Verify\.WARN or Verify"):
        synthesized(job(verify=True))


# --- fleets ---------------------------------------------------------------------------------------


def fleet(**arguments: Any) -> Callable[[cdk.Stack], object]:
    """Return what builds a fleet with a schedule, and keys of its own for model and artifact."""

    def build(stack: cdk.Stack) -> None:
        models = s3.Bucket(stack, "In", encryption_key=kms.Key(stack, "InKey"))
        out = s3.Bucket(stack, "Out", encryption_key=kms.Key(stack, "OutKey"))
        made = CompilationFleet(stack, "Fleet", output_bucket=out, **arguments)
        trained = ModelArtifact.from_bucket(models, "m.tar.gz")
        made.add_job("m", model=trained, target=Target.ML_C5, **ONNX)
        ContinuousReconciliation(stack, "Keep", fleet=made)

    return build


def objects(template: dict[str, Any], role: str) -> list[tuple[str, int]]:
    """Return how many resources a role may read and decrypt, its state left out."""
    found = []
    for document in documents(template, role_named(template, role)):
        for each in document["Statement"]:
            if each.get("Sid") != "State" and each["Action"] in (["s3:GetObject"], ["kms:Decrypt"]):
                resources = each["Resource"]
                count = len(resources) if isinstance(resources, list) else 1
                found.append((each["Action"][0], count))
    return found


def test_a_fleet_without_it_is_what_it_was() -> None:
    template = synthesized(fleet())
    assert synthesized(fleet(verify=Verify.OFF)) == template
    assert contract.VERIFY not in only(template, contract.FLEET_RESOURCE)["Properties"]
    assert objects(template, "FleetProviderIsCompleteRole") == [("s3:GetObject", 1)]


@pytest.mark.parametrize("role", ["FleetProviderIsCompleteRole", "KeepRole"])
def test_a_fleet_and_its_schedule_may_read_models_and_decrypt(role: str) -> None:
    template = synthesized(fleet(verify=Verify.FAIL))
    assert only(template, contract.FLEET_RESOURCE)["Properties"][contract.VERIFY] == "fail"
    assert sorted(objects(template, role)) == [
        ("kms:Decrypt", 2), ("s3:GetObject", 1), ("s3:GetObject", 1),
    ]  # fmt: skip
    disks = [
        each["Properties"]["EphemeralStorage"]["Size"]
        for each in of_type(template, "AWS::Lambda::Function").values()
        if "EphemeralStorage" in each["Properties"]
    ]
    assert disks == [1536, 1536]


def test_how_many_are_unverified_is_an_attribute_of_a_fleet_that_verifies() -> None:
    stack = cdk.Stack(cdk.App(), "App")
    with pytest.raises(ConstructError, match="give verify="):
        _ = CompilationFleet(stack, "Plain").unverified
    assert CompilationFleet(stack, "Fleet", verify=Verify.WARN).unverified
