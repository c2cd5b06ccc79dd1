"""Constructs that share a role, key or bucket deploy: nothing waits for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    CompiledModel,
    ContinuousReconciliation,
    Target,
)
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import of_type, synthesized
from tests.synthesis.test_dependency_graph import closure


class Shared:
    """One stack's role, key and bucket, and the job that uses them all."""

    def __init__(self, stack: cdk.Stack) -> None:
        self.stack = stack
        self.role = iam.Role(
            stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com")
        )
        self.key = kms.Key(stack, "Key")
        self.bucket = s3.Bucket(stack, "Bucket", encryption_key=self.key)
        self.common: dict[str, Any] = {"role": self.role, "output_bucket": self.bucket}
        self.job = CompilationJob(
            stack, "Job", model=model(stack), target=Target.ML_C5, **self.common, **ONNX
        )


def served(shared: Shared) -> None:
    CompiledModel(shared.stack, "Model", job=shared.job, role=shared.role)


def served_by_the_jobs_own_role(shared: Shared) -> None:
    own = CompilationJob(
        shared.stack, "Own", model=model(shared.stack), target=Target.ML_C5, **ONNX
    )
    CompiledModel(shared.stack, "OwnModel", job=own, role=own.role)


def artifacts_granted(shared: Shared) -> None:
    shared.job.grant_read_artifacts(shared.role)


def artifacts_granted_twice(shared: Shared) -> None:
    shared.job.grant_read_artifacts(shared.role)
    shared.job.grant_read_artifacts(shared.role)


def granted_to_another_job(shared: Shared) -> None:
    other = CompilationJob(
        shared.stack, "Other", model=model(shared.stack), target=Target.ML_C4, **ONNX
    )
    shared.job.grant_read_artifacts(other)
    other.grant_read_artifacts(shared.job)


def fleet(shared: Shared) -> None:
    made = CompilationFleet(shared.stack, "Fleet", **shared.common)
    made.add_job("m", model=model(shared.stack), target=Target.ML_C5, **ONNX)
    made.grant_read_artifacts(shared.role)
    made.grant_read_manifest(shared.role)
    ContinuousReconciliation(shared.stack, "Keep", fleet=made)


def job_described(shared: Shared) -> None:
    shared.job.grant_describe(shared.role)


def key_and_bucket_granted(shared: Shared) -> None:
    shared.key.grant_decrypt(shared.job)
    shared.bucket.grant_read(shared.job)


USES = (
    served, served_by_the_jobs_own_role, artifacts_granted, artifacts_granted_twice,
    granted_to_another_job, fleet, job_described, key_and_bucket_granted,
)  # fmt: skip
PAIRS = [(use,) for use in USES] + list(combinations(USES, 2))


def circles(template: Mapping[str, Any]) -> set[str]:
    """Return the resources that wait for themselves."""
    return {name for name in template["Resources"] if name in closure(dict(template), name)}


@pytest.mark.parametrize("uses", PAIRS, ids=lambda uses: "-".join(use.__name__ for use in uses))
def test_nothing_waits_for_itself(uses: tuple[Callable[[Shared], None], ...]) -> None:
    def build(stack: cdk.Stack) -> None:
        shared = Shared(stack)
        for use in uses:
            use(shared)

    assert circles(synthesized(build)) == set()


def test_a_model_waits_for_the_policy_that_lets_the_shared_role_read_the_artifact() -> None:
    template = synthesized(lambda stack: served(Shared(stack)))
    (reading,) = [name for name in template["Resources"] if "GrantsOnJobs" in name]
    (served_model,) = of_type(template, "AWS::SageMaker::Model")
    assert reading in closure(template, served_model)
    assert reading not in closure(template, "Job")
    assert template["Resources"][reading]["Properties"]["Roles"] == [{"Ref": "Role1ABCC5F0"}]


def test_a_role_that_no_job_waits_for_keeps_its_permissions_in_its_own_policy() -> None:
    def build(stack: cdk.Stack) -> None:
        shared = Shared(stack)
        reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        shared.job.grant_read_artifacts(reader)

    resources = synthesized(build)["Resources"]
    assert any(name.startswith("ReaderDefaultPolicy") for name in resources)
    assert not any("GrantsOnJobs" in name for name in resources)
