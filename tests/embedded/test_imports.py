"""A stack that makes next to nothing itself, on the embedded AWS: VPC, subnets, endpoint, group,
key and role are there, looked up by the real CDK CLI or named.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.aws import Cdk, EmbeddedAws
from tests.paths import ROOT

pytestmark = [pytest.mark.embedded, pytest.mark.compiles, pytest.mark.long]

APP = """
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from neo_constructs import CompilationJob, CompilationNetwork, Framework, ModelArtifact, Target

app = cdk.App()
there = app.node.get_context
stack = cdk.Stack(
    app, "Imports", env=cdk.Environment(account="000000000000", region="us-east-1")
)
vpc = ec2.Vpc.from_lookup(stack, "Vpc", vpc_id=there("vpc"))
network = CompilationNetwork(
    stack, "Net", vpc=vpc,
    s3_endpoint=ec2.GatewayVpcEndpoint.from_gateway_vpc_endpoint_id(
        stack, "S3", there("endpoint")
    ),
)
group = ec2.SecurityGroup.from_lookup_by_name(stack, "Group", "jobs", vpc)
job = CompilationJob(
    stack, "Job",
    model=ModelArtifact.from_asset(there("model")),
    framework=Framework.ONNX, data_input_config={"data": [1, 3, 32, 32]}, target=Target.ML_C5,
    vpc=network.vpc, vpc_subnets=network.vpc_subnets,
    security_groups=[network.security_group, group],
    encryption_key=kms.Alias.from_alias_name(stack, "Key", "alias/artifacts"),
    role=iam.Role.from_role_name(stack, "Role", "compiler"),
)
cdk.CfnOutput(stack, "Artifact", value=job.compilation_job_artifacts_uri)
app.synth()
"""


@pytest.fixture
def there(embedded_aws: EmbeddedAws) -> dict[str, str]:
    """What other teams made, by what the app calls it."""
    ec2, iam, kms = (embedded_aws.client(name) for name in ("ec2", "iam", "kms"))
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    for number, zone in enumerate(("us-east-1a", "us-east-1b")):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{number}.0/24", AvailabilityZone=zone)[
            "Subnet"
        ]["SubnetId"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=made)
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[table]
    )["VpcEndpoint"]["VpcEndpointId"]
    group = ec2.create_security_group(GroupName="jobs", Description="jobs", VpcId=vpc)["GroupId"]
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/artifacts", TargetKeyId=key)
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}
    iam.create_role(
        RoleName="compiler",
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
        ),
    )
    model = str(ROOT / "examples" / "models" / "tiny-cnn.onnx")
    return {"vpc": vpc, "endpoint": endpoint, "group": group, "model": model}


def test_a_stack_of_imports_compiles_and_leaves_what_it_was_given(
    embedded_aws: EmbeddedAws, there: dict[str, str], tmp_path: Path
) -> None:
    script = tmp_path / "app.py"
    script.write_text(APP)
    # In a folder of its own, where the CLI keeps what it looked up.
    cdk = Cdk(embedded_aws.environment(), tmp_path / "out", app=tmp_path, context=there)
    ran = cdk.run("bootstrap", "aws://000000000000/us-east-1")
    assert ran.code == 0, ran.output
    app, outputs = ("--app", f"python3 {script}"), tmp_path / "outputs.json"
    ran = cdk.run(
        "deploy", "Imports", *app, "--require-approval", "never", "--outputs-file", str(outputs)
    )
    assert ran.code == 0, ran.output
    uri = json.loads(outputs.read_text())["Imports"]["Artifact"]
    bucket, _, path = uri.removeprefix("s3://").partition("/")
    head: dict[str, Any] = embedded_aws.client("s3").head_object(Bucket=bucket, Key=path)
    assert head["ContentLength"] > 1000
    request = embedded_aws.client("sagemaker").list_compilation_jobs()["CompilationJobSummaries"][0]
    described = embedded_aws.client("sagemaker").describe_compilation_job(
        CompilationJobName=request["CompilationJobName"]
    )
    subnets = {
        each["SubnetId"]
        for each in embedded_aws.client("ec2").describe_subnets()["Subnets"]
        if each["VpcId"] == there["vpc"]
    }
    assert set(described["VpcConfig"]["Subnets"]) == subnets
    assert there["group"] in described["VpcConfig"]["SecurityGroupIds"]
    assert described["OutputConfig"]["KmsKeyId"].endswith(":alias/artifacts")
    ran = cdk.run("destroy", "Imports", *app, "--force")
    assert ran.code == 0, ran.output
    assert embedded_aws.live() == []
    assert embedded_aws.client("iam").list_role_policies(RoleName="compiler")["PolicyNames"] == []
