"""CompilationNetwork: the way to S3 and the security group of jobs in a VPC."""

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


@pytest.mark.parametrize("where", ["vpc", "stack", "network", "imported vpc"])
def test_an_endpoint_that_the_app_has_is_used(where: str) -> None:
    stack, service = new_stack(), ec2.GatewayVpcEndpointAwsService.S3
    vpc: ec2.IVpc = isolated_vpc(stack)
    vpc.add_gateway_endpoint("Other", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
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


def test_a_job_of_a_made_network_can_be_connected_to_others() -> None:
    stack = new_stack()
    network = CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack))
    network.connections.allow_to(ec2.Peer.ipv4("10.9.0.0/16"), ec2.Port.tcp(8443))
    group = only(template_of(stack), "AWS::EC2::SecurityGroup")["Properties"]
    assert 8443 in {rule["FromPort"] for rule in group["SecurityGroupEgress"]}


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


def rules_of(template: dict[str, Any]) -> set[tuple[str, int]]:
    """Destination and port of what is added to a group beside it."""
    found = of_type(template, "AWS::EC2::SecurityGroupEgress").values()
    return {(rule["Properties"]["CidrIp"], rule["Properties"]["ToPort"]) for rule in found}


NEEDED = {("0.0.0.0/0", 443), ("10.0.0.0/17", 65535), ("10.0.128.0/17", 65535)}


def test_a_given_group_gets_the_rules_that_it_lacks() -> None:
    def build(stack: cdk.Stack) -> None:
        group = ec2.SecurityGroup.from_security_group_id(
            stack, "G", "sg-1", allow_all_outbound=False
        )
        network = CompilationNetwork(
            stack, "Net", vpc=isolated_vpc(stack), security_group=group
        )  # fmt: skip
        job_in(network, stack)

    template = synthesized(build)
    assert rules_of(template) == NEEDED
    [made] = of_type(template, JOB)
    assert set(of_type(template, "AWS::EC2::SecurityGroupEgress")) <= closure(template, made)


def test_a_made_group_gets_the_rules_that_it_lacks() -> None:
    def build(stack: cdk.Stack) -> None:
        vpc = isolated_vpc(stack)
        group = ec2.SecurityGroup(stack, "G", vpc=vpc, allow_all_outbound=False)
        CompilationNetwork(stack, "Net", vpc=vpc, security_group=group)

    rules = only(synthesized(build), "AWS::EC2::SecurityGroup")["Properties"]["SecurityGroupEgress"]
    assert {(rule["CidrIp"], rule["ToPort"]) for rule in rules} == NEEDED


def test_a_group_that_may_not_be_changed_is_told_of() -> None:
    stack = new_stack()
    group = ec2.SecurityGroup.from_security_group_id(
        stack, "G", "sg-1", mutable=False, allow_all_outbound=False
    )
    CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack), security_group=group)
    [found] = Annotations.from_stack(stack).find_warning(
        "/S/Net", Match.string_like_regexp("neo:groupRules")
    )
    assert "TCP 443 to S3's prefix list, and TCP to 10.0.0.0/17, 10.0.128.0/17" in str(
        found.entry.data
    )


def test_a_group_that_lets_everything_out_is_left_alone() -> None:
    def build(stack: cdk.Stack) -> None:
        vpc = isolated_vpc(stack)
        group = ec2.SecurityGroup.from_security_group_id(stack, "G", "sg-1")
        CompilationNetwork(stack, "Net", vpc=vpc, security_group=group)

    assert rules_of(synthesized(build)) == set()


def test_a_given_group_of_another_vpc_is_refused() -> None:
    stack = new_stack()
    group = ec2.SecurityGroup(stack, "G", vpc=isolated_vpc(stack, "Other"))
    with pytest.raises(ConstructError, match=r"\[S/Net\] the security group S/G is of the VPC"):
        CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack), security_group=group)
