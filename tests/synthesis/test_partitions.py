"""China and GovCloud: no ARN, principal or endpoint of the standard partition gets anywhere."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    CompilationNetwork,
    CompiledComponent,
    CompiledModel,
    ContinuousReconciliation,
    FleetAlarms,
    ModelArtifact,
    NeoDashboard,
    Target,
)
from tests.synthesis.conftest import ONNX
from tests.synthesis.rendering import Resolver, of_type

ACCOUNT = "111122223333"
# Region, partition, and what the region's host names end with.
PLACES = [
    ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
]
# As CDK's own init templates have it, with and without partitions written out.
CONTEXTS = [{}, {"@aws-cdk/core:enablePartitionLiterals": True}]


def everything(stack: cdk.Stack) -> None:
    """Every construct of the library, with keys, a network and imported resources."""
    isolated = ec2.SubnetConfiguration(name="Jobs", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[isolated])
    network = CompilationNetwork(stack, "Net", vpc=vpc)
    by_alias = kms.Alias.from_alias_name(stack, "Alias", "alias/models")
    models = s3.Bucket.from_bucket_attributes(
        stack, "Models", bucket_name="models", encryption_key=by_alias
    )
    model = ModelArtifact.from_bucket(models, "net.tar.gz", digest=f"sha256:{64 * '0'}")
    network.restrict_s3_to(model)
    job = CompilationJob(
        stack, "Job", model=model, target=Target.ML_C5, encryption_key=kms.Key(stack, "Key"),
        vpc=vpc, vpc_subnets=network.vpc_subnets, security_groups=[network.security_group],
        **ONNX,
    )  # fmt: skip
    job.grant_describe(iam.Role(stack, "Watcher", assumed_by=iam.AccountRootPrincipal()))
    imported = CompilationJob.from_compilation_job_name(stack, "Imported", "job-1")
    imported.grant_stop(iam.Role.from_role_name(stack, "Stopper", "stopper"))
    CompiledModel(stack, "Model", job=job)
    CompiledComponent(
        stack, "Component", job=job, component_name="net", component_version="1.0.0"
    )  # fmt: skip
    fleet = CompilationFleet(stack, "Fleet", encryption_key=by_alias)
    fleet.add_job("one", model=model, target=Target.ML_C5, **ONNX)
    keeper = ContinuousReconciliation(
        stack, "Keeper", fleet=fleet, topic=sns.Topic(stack, "Topic"),
        upload_bucket=s3.Bucket(stack, "Uploads"),
    )  # fmt: skip
    FleetAlarms(stack, "Alarms", fleet=fleet, reconciliation=keeper)
    NeoDashboard(stack, "Dashboard", fleets=[fleet])


@cache
def template_in(region: str | None, literals: bool) -> dict[str, Any]:
    app = cdk.App(analytics_reporting=False, context=CONTEXTS[literals])
    env = None if region is None else cdk.Environment(account=ACCOUNT, region=region)
    stack = cdk.Stack(app, "S", env=env)
    everything(stack)
    template = app.synth().get_stack_artifact("S").template
    assert isinstance(template, dict)
    return template


def resolved(template: dict[str, Any], region: str, partition: str, suffix: str) -> str:
    """Return the template's resources as CloudFormation has them in that region, as one text."""
    values = {
        "AWS::Region": region, "AWS::Partition": partition, "AWS::URLSuffix": suffix,
        "AWS::AccountId": ACCOUNT,
        "AWS::StackId": f"arn:{partition}:cloudformation:{region}:{ACCOUNT}:stack/S/0a1b2c3d-1-2-3",
    }  # fmt: skip
    properties = [
        Resolver(values).resolve(item.get("Properties", {}))
        for item in template["Resources"].values()
        if item["Type"] != "AWS::CloudWatch::Dashboard"  # its body is text with functions inside
    ]
    return json.dumps(properties)


@pytest.mark.parametrize("literals", [False, True], ids=["flags off", "partition literals"])
@pytest.mark.parametrize(("region", "partition", "suffix"), PLACES, ids=lambda value: value[:6])
def test_no_arn_is_of_the_standard_partition(
    region: str, partition: str, suffix: str, literals: bool
) -> None:
    template = template_in(region, literals)
    assert "arn:aws:" not in json.dumps(template)
    text = resolved(template, region, partition, suffix)
    assert set(re.findall(r"arn:([a-z-]+):", text)) == {partition}


def test_no_arn_has_a_partition_where_the_region_is_not_known() -> None:
    assert re.findall(r"arn:aws[a-z-]*:", json.dumps(template_in(None, False))) == []


@pytest.mark.parametrize(("region", "partition", "suffix"), PLACES, ids=lambda value: value[:6])
def test_services_are_called_as_they_are_called_there(
    region: str, partition: str, suffix: str
) -> None:
    text = resolved(template_in(region, False), region, partition, suffix)
    # SageMaker and Lambda have one name as principals in all partitions.
    principals = set(re.findall(r'"Service": "([^"]+)"', text))
    assert {"sagemaker.amazonaws.com", "lambda.amazonaws.com"} <= principals
    assert set(re.findall(r'"kms:ViaService": "([^"]+)"', text)) == {f"s3.{region}.{suffix}"}
    assert f'"com.amazonaws.{region}.s3"' in text
    assert len(of_type(template_in(region, False), "AWS::EC2::VPCEndpoint")) == 1
