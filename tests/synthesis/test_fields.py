"""Constructs set every field of the request, each by the argument that the table names."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms

from neo_constructs import CompilationJob, Framework, ModelArtifact, Target
from neo_constructs.request.fleet_arguments import FleetJobArguments
from neo_constructs.request.job_arguments import JobArguments
from reconciler.core.fields import SETTABLE, Role
from tests.synthesis.conftest import model
from tests.synthesis.rendering import JOB, only, synthesized

PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/nets/1"
OF_THE_CONSTRUCT = {"model", "target", "tags"}


def everything(stack: cdk.Stack) -> CompilationJob:
    """Return a job with every argument that sets a field."""
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-1"], private_subnet_route_table_ids=["rtb-1"],
    )  # fmt: skip
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")
    return CompilationJob(
        stack, "Job", model=model(stack), target=Target.platform("LINUX", "ARM64", "NVIDIA"),
        framework=Framework.TENSORFLOW, framework_version="2.9",
        data_input_config={"data": [1, 224, 224, 3]},
        compiler_options={"gpu-code": "sm_72", "trt-ver": "7.1.3", "cuda-ver": "10.2"},
        encryption_key=kms.Key(stack, "Key"), vpc=vpc, security_groups=[group],
        max_runtime=cdk.Duration.minutes(10), max_wait=cdk.Duration.minutes(20),
        max_pending=cdk.Duration.minutes(30),
    )  # fmt: skip


def of_a_package(stack: cdk.Stack) -> CompilationJob:
    """Return a job with the fields that the other one cannot have."""
    artifact = ModelArtifact.from_model_package(PACKAGE)
    return CompilationJob(stack, "Job", model=artifact, target=Target.ML_C5)


def paths_of(node: dict[str, Any], path: str = "") -> set[str]:
    """Return the paths of a request's fields."""
    found: set[str] = set()
    for name, value in node.items():
        below = f"{path}.{name}".lstrip(".")
        found |= paths_of(value, below) if isinstance(value, dict) else {below}
    return found


def sent(build: Any) -> set[str]:
    """Return the paths of what a job's properties declare, known at synthesis or not."""
    properties = only(synthesized(build), JOB)["Properties"]
    late = {pointer.partition("#")[0][1:].replace("/", ".") for pointer in properties["LateBound"]}
    return paths_of(json.loads(properties["Declaration"])["request"]) | late


def test_a_job_can_set_every_field_of_the_table() -> None:
    fields = {field.path for field in SETTABLE if field.role is not Role.TAG}
    assert (sent(everything) | sent(of_a_package)) - {"revision"} == fields


def test_every_field_has_an_argument_that_a_job_takes() -> None:
    taken = JobArguments.__annotations__.keys() | OF_THE_CONSTRUCT
    assert {field.argument for field in SETTABLE} <= taken


def test_jobs_of_fleets_take_what_determines_a_compilation() -> None:
    of_fleets = {"model", "target", "output_bucket", "encryption_key"}
    determining = {field.argument for field in SETTABLE if field.role is Role.FINGERPRINT}
    assert determining - of_fleets <= FleetJobArguments.__annotations__.keys()
