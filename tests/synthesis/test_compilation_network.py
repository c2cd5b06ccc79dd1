"""CompilationNetwork: the way to S3 and the security group of jobs in a VPC."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3

from neo_constructs import (
    CompilationFleet,
    CompilationNetwork,
    ConstructError,
    ModelArtifact,
    Target,
)
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import JOB, Resolver, of_type, only, synthesized, template_of
from tests.synthesis.test_dependency_graph import closure
from tests.synthesis.vpcs import isolated_vpc, job, job_in, new_stack


def test_a_network_gives_isolated_subnets_a_way_to_s3_and_to_themselves() -> None:
    def build(stack: cdk.Stack) -> None:
        job_in(CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack)), stack)

    template = synthesized(build)
    endpoint = only(template, "AWS::EC2::VPCEndpoint")["Properties"]
    assert Resolver().resolve(endpoint["ServiceName"]) == "com.amazonaws.us-east-1.s3"
    tables = [{"Ref": name} for name in of_type(template, "AWS::EC2::RouteTable")]
    assert endpoint["RouteTableIds"] == tables
    group = only(template, "AWS::EC2::SecurityGroup")["Properties"]
    assert "SecurityGroupIngress" not in group
    assert [
        (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]
    ] == [("0.0.0.0/0", 443, 443), ("10.0.0.0/17", 0, 65535), ("10.0.128.0/17", 0, 65535)]


def test_a_job_is_made_after_the_endpoint_and_deleted_before_it() -> None:
    def build(stack: cdk.Stack) -> None:
        network = CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack))
        network.restrict_s3_to(model(stack))
        job_in(network, stack)

    template = synthesized(build)
    [made] = of_type(template, JOB)
    assert set(of_type(template, "AWS::EC2::VPCEndpoint")) <= closure(template, made)


def test_a_fleet_takes_a_network_too() -> None:
    def build(stack: cdk.Stack) -> None:
        network = CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack))
        fleet = CompilationFleet(
            stack, "Fleet", vpc=network.vpc, vpc_subnets=network.vpc_subnets,
            security_groups=[network.security_group],
        )  # fmt: skip
        fleet.add_job("one", model=model(stack), target=Target.ML_C5, **ONNX)

    template = synthesized(build)
    [fleet] = of_type(template, "Custom::NeoCompilationFleet")
    assert set(of_type(template, "AWS::EC2::VPCEndpoint")) <= closure(template, fleet)


@pytest.mark.parametrize("where", ["vpc", "stack", "network", "imported vpc"])
def test_an_endpoint_that_the_app_has_is_used(where: str) -> None:
    stack, service = new_stack(), ec2.GatewayVpcEndpointAwsService.S3
    vpc: ec2.IVpc = isolated_vpc(stack)
    vpc.add_gateway_endpoint("Other", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
    endpoint: ec2.IGatewayVpcEndpoint
    match where:
        case "vpc":
            endpoint = vpc.add_gateway_endpoint("Own", service=service)
        case "stack":
            endpoint = ec2.GatewayVpcEndpoint(stack, "Own", vpc=vpc, service=service)
        case "network":
            endpoint = CompilationNetwork(stack, "First", vpc=vpc).s3_endpoint
        case _:
            vpc = ec2.Vpc.from_vpc_attributes(
                stack, "Imported", vpc_id="vpc-1", availability_zones=["a"],
                vpc_cidr_block="10.0.0.0/16", private_subnet_ids=["subnet-1"],
                private_subnet_route_table_ids=["rtb-1"],
            )  # fmt: skip
            endpoint = vpc.add_gateway_endpoint("Own", service=service)
    network = CompilationNetwork(stack, "Net", vpc=vpc)
    assert network.s3_endpoint.vpc_endpoint_id == endpoint.vpc_endpoint_id


def test_an_endpoint_on_other_route_tables_is_not_enough() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
    vpc.add_gateway_endpoint(
        "S3", service=ec2.GatewayVpcEndpointAwsService.S3,
        subnets=[ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)],
    )  # fmt: skip
    CompilationNetwork(stack, "Net", vpc=vpc)
    made = of_type(template_of(stack), "AWS::EC2::VPCEndpoint")
    [ours] = [item for name, item in made.items() if name.startswith("Net")]
    assert all("Private" in table["Ref"] for table in ours["Properties"]["RouteTableIds"])


def test_an_endpoint_for_some_of_the_subnets_is_refused_with_what_to_do() -> None:
    stack = new_stack()
    vpc = isolated_vpc(stack)
    vpc.add_gateway_endpoint(
        "S3", service=ec2.GatewayVpcEndpointAwsService.S3,
        subnets=[ec2.SubnetSelection(subnets=vpc.isolated_subnets[:1])],
    )  # fmt: skip
    with pytest.raises(ConstructError, match=r"S/Vpc/S3 serves only some .*takes only one"):
        CompilationNetwork(stack, "Net", vpc=vpc)


def test_the_endpoint_lets_through_only_what_jobs_read_and_write() -> None:
    def build(stack: cdk.Stack) -> None:
        network = CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack))
        network.restrict_s3_to(model(stack), s3.Bucket(stack, "Out"))

    template = synthesized(build)
    document = only(template, "AWS::EC2::VPCEndpoint")["Properties"]["PolicyDocument"]
    [out] = of_type(template, "AWS::S3::Bucket")
    assert [
        (statement["Action"], statement["Resource"], statement["Principal"])
        for statement in Resolver().resolve(document["Statement"])
    ] == [
        ("s3:GetObject", "arn:aws:s3:::models/nets/squeezenet.tar.gz", {"AWS": "*"}),
        (["s3:GetBucketLocation", "s3:ListBucket"], "arn:aws:s3:::models", {"AWS": "*"}),
        (
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            f"value-of-{out}.Arn/*",
            {"AWS": "*"},
        ),
        (["s3:GetBucketLocation", "s3:ListBucket"], f"value-of-{out}.Arn", {"AWS": "*"}),
    ]


def test_a_bucket_can_demand_the_endpoint_for_what_is_written() -> None:
    def build(stack: cdk.Stack) -> None:
        network = CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack))
        network.require_for_writes_to(s3.Bucket(stack, "Out"))

    template = synthesized(build)
    [endpoint] = of_type(template, "AWS::EC2::VPCEndpoint")
    [statement] = only(template, "AWS::S3::BucketPolicy")["Properties"]["PolicyDocument"][
        "Statement"
    ]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:PutObject")
    assert statement["Condition"] == {"StringNotEquals": {"aws:SourceVpce": {"Ref": endpoint}}}


def test_what_is_imported_cannot_be_restricted_and_that_is_said() -> None:
    stack = new_stack()
    endpoint = ec2.GatewayVpcEndpoint.from_gateway_vpc_endpoint_id(stack, "E", "vpce-1")
    network = CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack), s3_endpoint=endpoint)
    with pytest.raises(ConstructError, match=r"\[S/Net\] the S3 endpoint is imported"):
        network.restrict_s3_to(model(stack))
    with pytest.raises(ConstructError, match=r"\[S/Net\] the bucket S/B is imported.*PutObject"):
        network.require_for_writes_to(s3.Bucket.from_bucket_name(stack, "B", "their-bucket"))


def test_a_model_package_does_not_tell_its_bucket() -> None:
    stack = new_stack()
    package = ModelArtifact.from_model_package(
        "arn:aws:sagemaker:us-east-1:123456789012:model-package/nets/3"
    )
    network = CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack))
    with pytest.raises(ConstructError, match="give that bucket instead"):
        network.restrict_s3_to(package)


@pytest.mark.parametrize("own_group", [False, True])
def test_the_endpoint_is_waited_for_whatever_group_a_job_has(own_group: bool) -> None:
    def build(stack: cdk.Stack) -> None:
        network = CompilationNetwork(
            stack, "Net", vpc=isolated_vpc(stack),
            security_group=ec2.SecurityGroup.from_security_group_id(stack, "G", "sg-1"),
        )  # fmt: skip
        if own_group:
            job(stack, vpc=network.vpc, vpc_subnets=network.vpc_subnets)
        else:
            job_in(network, stack)

    template = synthesized(build)
    [made] = of_type(template, JOB)
    assert set(of_type(template, "AWS::EC2::VPCEndpoint")) <= closure(template, made)
