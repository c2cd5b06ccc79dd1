"""What a job may do: as much as its role, its network and its key, as MiniStack knows them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.aws import EmbeddedAws, make_role
from tests.fakes.endpoint import create_request
from tests.unit.neo_local.compiling import archive_of

pytestmark = [pytest.mark.embedded, pytest.mark.compiles]

BUCKET = "access-models"
READ, WRITE, ENCRYPT, LOOK = "s3:GetObject", "s3:PutObject", "kms:GenerateDataKey", "ec2:Describe*"
PATIENCE_SECONDS = 120.0
NOWHERE = {"Subnets": ["subnet-0123456789abcdef0"], "SecurityGroupIds": ["sg-0123456789abcdef0"]}


@dataclass
class Account:
    """The embedded AWS, with a model in a bucket."""

    aws: EmbeddedAws
    made: int = 0

    def role(self, *actions: str, service: str = "sagemaker.amazonaws.com") -> str:
        self.made += 1
        return make_role(self.aws, f"access-{self.made}", *actions, service=service)

    def start(self, role: str, network: Mapping[str, Any] | None = None, **output: Any) -> str:
        """Start a job and return its name."""
        self.made += 1
        name = f"access-{self.made}"
        location = {"S3OutputLocation": f"s3://{BUCKET}/out/", "TargetDevice": "ml_c5"}
        request = create_request(
            name, RoleArn=role, VpcConfig=network, OutputConfig={**location, **output},
            InputConfig={"S3Uri": f"s3://{BUCKET}/in/model.tar.gz", "Framework": "ONNX"},
        )  # fmt: skip
        self.aws.client("sagemaker").create_compilation_job(**request)
        return name

    def end_of(self, name: str) -> str:
        """Wait for a job's end. Return why it failed; empty if it is COMPLETED."""
        sagemaker = self.aws.client("sagemaker")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            job = sagemaker.describe_compilation_job(CompilationJobName=name)
            if job["CompilationJobStatus"] in ("COMPLETED", "FAILED"):
                return str(job["FailureReason"])
            time.sleep(0.2)
        raise AssertionError(f"{name} does not end")

    def outcome(self, role: str, network: Mapping[str, Any] | None = None, **output: Any) -> str:
        return self.end_of(self.start(role, network, **output))


@pytest.fixture(scope="module")
def account(embedded_aws: EmbeddedAws, model_files: Path) -> Iterator[Account]:
    s3 = embedded_aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    archive = archive_of({"model.onnx": (model_files / "dense.onnx").read_bytes()})
    s3.put_object(Bucket=BUCKET, Key="in/model.tar.gz", Body=archive)
    yield Account(embedded_aws)
    embedded_aws.switch(access_checks=True)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    return str(refused.value.response["Error"]["Message"])


def test_a_role_that_is_not_there_or_not_sagemakers_is_refused(account: Account) -> None:
    lambdas = account.role(READ, WRITE, service="lambda.amazonaws.com")
    for role in ("arn:aws:iam::000000000000:role/nobody", lambdas):
        assert refusal(lambda role=role: account.start(role)) == (  # type: ignore[misc]  # bound
            f"Could not assume role {role}. Please ensure that the role exists and allows "
            "principal 'sagemaker.amazonaws.com' to assume the role."
        )
    other = "arn:aws:iam::111122223333:role/neo"
    assert "Cross-account pass role" in refusal(lambda: account.start(other))
    account.aws.switch(access_checks=False)
    try:
        assert account.outcome(lambdas) == ""
    finally:
        account.aws.switch(access_checks=True)


def test_a_role_deleted_before_the_job_runs_fails_it(account: Account) -> None:
    role = account.role()
    account.aws.switch(hold_jobs=True)
    name = account.start(role)
    account.aws.client("iam").delete_role(RoleName=role.rpartition("/")[2])
    account.aws.switch(hold_jobs=False)
    assert account.end_of(name).startswith(
        "ClientError: Failed to assume role: An error occurred (AccessDenied) when calling the "
        "AssumeRole operation"
    )


def test_a_job_may_do_what_its_role_may(account: Account) -> None:
    assert account.outcome(account.role(READ, WRITE)) == ""
    denied = account.outcome(account.role(WRITE))
    assert "(AccessDenied) when calling the GetObject operation" in denied
    denied = account.outcome(account.role(READ))
    assert denied.startswith("ClientError: OutputConfiguration: Unable to upload compiled model: ")
    assert "is not authorized to perform: s3:PutObject" in denied


def test_a_key_takes_a_permission_but_for_the_one_that_aws_manages(account: Account) -> None:
    key = account.aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    assert account.outcome(account.role(READ, WRITE, ENCRYPT), KmsKeyId=key) == ""
    denied = account.outcome(account.role(READ, WRITE), KmsKeyId=key)
    assert "is not authorized to perform: kms:GenerateDataKey" in denied
    assert account.outcome(account.role(READ, WRITE), KmsKeyId="alias/aws/s3") == ""


def test_a_network_is_looked_up_with_the_role(account: Account) -> None:
    ec2 = account.aws.client("ec2")
    denied = account.outcome(account.role(READ, WRITE), NOWHERE)
    assert "is not authorized to perform: ec2:DescribeSubnets" in denied
    role = account.role(READ, WRITE, LOOK)
    assert "(InvalidSubnetID.NotFound)" in account.outcome(role, NOWHERE)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="jobs", Description="jobs", VpcId=vpc)["GroupId"]
    assert "(InvalidGroup" in account.outcome(role, {**NOWHERE, "Subnets": [subnet]})
    network = {"Subnets": [subnet], "SecurityGroupIds": [group]}
    assert "a route to an S3 VPC endpoint" in account.outcome(role, network)
    service = "com.amazonaws.us-east-1.s3"
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=service)["VpcEndpoint"]
    only_from_there = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        "Condition": {"StringNotEquals": {"aws:SourceVpce": made["VpcEndpointId"]}},
    }  # fmt: skip
    policy = {"Version": "2012-10-17", "Statement": [only_from_there]}
    s3 = account.aws.client("s3")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    assert account.outcome(role, network) == ""
    assert "explicit deny in a resource-based policy" in account.outcome(role)
    s3.delete_bucket_policy(Bucket=BUCKET)
