"""Jobs in a VPC: the way to S3, the security group, and what Neo cannot use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    CompilationNetwork,
    ConstructError,
    ModelArtifact,
    Target,
)
from tests.constructs.conftest import ONNX, model
from tests.constructs.rendering import JOB, Resolver, of_type, only, synthesized, template_of
from tests.constructs.test_dependency_graph import closure

ISOLATED = ec2.SubnetType.PRIVATE_ISOLATED
HERE = cdk.Environment(account="111122223333", region="eu-west-1")


def new_stack(env: cdk.Environment | None = None) -> cdk.Stack:
    return cdk.Stack(cdk.App(analytics_reporting=False), "S", env=env)


def isolated_vpc(stack: cdk.Stack, name: str = "Vpc", **more: Any) -> ec2.Vpc:
    return ec2.Vpc(
        stack, name, max_azs=2, nat_gateways=0,
        subnet_configuration=[ec2.SubnetConfiguration(name="Jobs", subnet_type=ISOLATED)], **more,
    )  # fmt: skip


def job(stack: cdk.Stack, name: str = "Job", **more: Any) -> CompilationJob:
    return CompilationJob(stack, name, model=model(stack), target=Target.ML_C5, **ONNX, **more)


def job_in(network: CompilationNetwork, stack: cdk.Stack) -> CompilationJob:
    return job(
        stack, vpc=network.vpc, vpc_subnets=network.vpc_subnets,
        security_groups=[network.security_group],
    )  # fmt: skip


def warned(stack: cdk.Stack, text: str) -> list[str]:
    found = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp(text))
    return [str(entry.entry.data) for entry in found]


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


def test_the_prefix_list_takes_the_place_of_any_address() -> None:
    def build(stack: cdk.Stack) -> None:
        network = CompilationNetwork(
            stack, "Net", vpc=isolated_vpc(stack),
            s3_prefix_list=ec2.Peer.prefix_list("pl-63a5400a"),
        )  # fmt: skip
        job_in(network, stack)

    template = synthesized(build)
    group = only(template, "AWS::EC2::SecurityGroup")["Properties"]
    assert 443 not in {rule["FromPort"] for rule in group["SecurityGroupEgress"]}
    [(name, rule)] = of_type(template, "AWS::EC2::SecurityGroupEgress").items()
    assert rule["Properties"]["DestinationPrefixListId"] == "pl-63a5400a"
    assert rule["Properties"]["ToPort"] == 443
    [made] = of_type(template, JOB)
    assert name in closure(template, made)


def test_the_prefix_list_is_looked_up_by_its_name_in_the_stacks_region() -> None:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "S", env=HERE)
    CompilationNetwork(
        stack, "Net", vpc=isolated_vpc(stack),
        s3_prefix_list=CompilationNetwork.look_up_s3_prefix_list(stack),
    )  # fmt: skip
    app.synth()
    manifest = json.loads((Path(app.outdir) / "manifest.json").read_text())
    asked = [
        entry["props"] for entry in manifest["missing"] if entry["provider"] == "cc-api-provider"
    ]
    assert [props["propertyMatch"] for props in asked] == [
        {"PrefixListName": "com.amazonaws.eu-west-1.s3"}
    ]


def test_a_prefix_list_cannot_be_looked_up_without_an_account_and_says_what_to_do() -> None:
    with pytest.raises(ConstructError, match=r"env=cdk\.Environment.*Peer\.prefix_list"):
        CompilationNetwork.look_up_s3_prefix_list(new_stack())


def test_an_endpoint_that_the_vpc_has_is_used() -> None:
    stack = new_stack()
    vpc = isolated_vpc(stack)
    endpoint = vpc.add_gateway_endpoint("Own", service=ec2.GatewayVpcEndpointAwsService.S3)
    vpc.add_gateway_endpoint("Other", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
    network = CompilationNetwork(stack, "Net", vpc=vpc)
    assert network.s3_endpoint.vpc_endpoint_id == endpoint.vpc_endpoint_id
    assert len(of_type(template_of(stack), "AWS::EC2::VPCEndpoint")) == 2


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


def test_subnets_without_an_endpoint_are_warned_of_wherever_it_may_come_from() -> None:
    stack = new_stack()
    job(stack, vpc=isolated_vpc(stack))
    template_of(stack)
    [text] = warned(stack, "no S3 gateway endpoint")
    assert "S/Vpc/JobsSubnet1, S/Vpc/JobsSubnet2" in text
    assert "CompilationNetwork" in text


@pytest.mark.parametrize("where", ["in the vpc", "in the stack", "network", "imported"])
def test_an_endpoint_that_is_made_after_the_job_is_seen(where: str) -> None:
    stack = new_stack()
    vpc = isolated_vpc(stack)
    job(stack, vpc=vpc)
    service = ec2.GatewayVpcEndpointAwsService.S3
    match where:
        case "in the vpc":
            vpc.add_gateway_endpoint("S3", service=service)
        case "in the stack":
            ec2.GatewayVpcEndpoint(stack, "S3", vpc=vpc, service=service)
        case "network":
            CompilationNetwork(stack, "Net", vpc=vpc)
        case _:
            known = ec2.GatewayVpcEndpoint.from_gateway_vpc_endpoint_id(stack, "E", "vpce-1")
            CompilationNetwork(stack, "Net", vpc=vpc, s3_endpoint=known)
    template_of(stack)
    assert warned(stack, "no S3 gateway endpoint") == []


def test_public_subnets_are_warned_of() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=0)
    job(stack, vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC))
    assert warned(stack, "no public address")
    quiet = new_stack()
    job(quiet, vpc=ec2.Vpc(quiet, "Vpc", max_azs=1))
    assert warned(quiet, "no public address") == []


@pytest.mark.parametrize("tenancy", [ec2.DefaultInstanceTenancy.DEDICATED])
def test_dedicated_tenancy_is_refused(tenancy: ec2.DefaultInstanceTenancy) -> None:
    stack = new_stack()
    vpc = isolated_vpc(stack, default_instance_tenancy=tenancy)
    with pytest.raises(ConstructError, match=r"\[S/Job\] the VPC S/Vpc has dedicated tenancy"):
        job(stack, vpc=vpc)
    with pytest.raises(ConstructError, match=r"\[S/Net\] the VPC S/Vpc has dedicated tenancy"):
        CompilationNetwork(stack, "Net", vpc=vpc)


def test_subnets_and_groups_of_another_vpc_are_refused() -> None:
    stack = new_stack()
    vpc, other = isolated_vpc(stack), isolated_vpc(stack, "Other")
    foreign = ec2.SubnetSelection(subnets=[vpc.isolated_subnets[0], other.isolated_subnets[0]])
    with pytest.raises(ConstructError, match="subnet S/Other/JobsSubnet1 is of the VPC S/Other "):
        job(stack, vpc=vpc, vpc_subnets=foreign)
    group = ec2.SecurityGroup(stack, "Group", vpc=other)
    with pytest.raises(ConstructError, match=r"group S/Group is of the VPC S/Other and .* S/Vpc;"):
        job(stack, "Second", vpc=vpc, security_groups=[group])
    job(stack, "Third", vpc=other, security_groups=[group])


def test_subnets_of_another_imported_vpc_are_refused_by_its_id() -> None:
    stack = new_stack()
    vpcs = [
        ec2.Vpc.from_vpc_attributes(
            stack, name, vpc_id=name, availability_zones=["a"],
            private_subnet_ids=[f"subnet-{name}"],
        )
        for name in ("vpc-1", "vpc-2")
    ]  # fmt: skip
    with pytest.raises(ConstructError, match="is of the VPC vpc-2 and the job's is vpc-1"):
        job(
            stack, vpc=vpcs[0], vpc_subnets=ec2.SubnetSelection(subnets=vpcs[1].private_subnets)
        )  # fmt: skip


def test_a_vpc_that_only_cloudformation_knows_is_not_taken_for_another() -> None:
    stack = new_stack()
    parameter = cdk.CfnParameter(stack, "VpcId")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id=parameter.value_as_string, availability_zones=["a"],
        private_subnet_ids=["subnet-1"], vpc_cidr_block="10.0.0.0/16",
    )  # fmt: skip
    group = ec2.CfnSecurityGroup(stack, "Raw", group_description="raw", vpc_id="vpc-1")
    job(
        stack, vpc=vpc,
        security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "G", group.attr_group_id)],
    )  # fmt: skip
    own = ec2.SecurityGroup(stack, "Own", vpc=isolated_vpc(stack, "Made"))
    job(stack, "Unknown", vpc=vpc, security_groups=[own])  # may be the same VPC, for all we know


def test_a_subnet_or_group_given_twice_is_refused() -> None:
    stack = new_stack()
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"],
        private_subnet_ids=["subnet-1", "subnet-1"], vpc_cidr_block="10.0.0.0/16",
    )  # fmt: skip
    with pytest.raises(ConstructError, match="vpc_subnets: subnet-1 is there twice"):
        job(stack, vpc=vpc)
    groups = [ec2.SecurityGroup.from_security_group_id(stack, n, "sg-1") for n in ("G", "H")]
    with pytest.raises(ConstructError, match="security_groups: sg-1 is there twice"):
        job(stack, "Second", vpc=isolated_vpc(stack, "Made"), security_groups=groups)


def test_a_job_of_a_made_network_can_be_connected_to_others() -> None:
    stack = new_stack()
    network = CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack))
    network.connections.allow_to(ec2.Peer.ipv4("10.9.0.0/16"), ec2.Port.tcp(8443))
    group = only(template_of(stack), "AWS::EC2::SecurityGroup")["Properties"]
    assert 8443 in {rule["FromPort"] for rule in group["SecurityGroupEgress"]}
