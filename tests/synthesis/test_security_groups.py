"""The security group of jobs in a VPC: made, given, narrowed to S3's prefix list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from neo_constructs import (
    CompilationNetwork,
    ConstructError,
)
from tests.synthesis.annotations import warnings_of
from tests.synthesis.rendering import JOB, of_type, only, synthesized, template_of
from tests.synthesis.test_dependency_graph import closure
from tests.synthesis.vpcs import HERE, isolated_vpc, job_in, new_stack


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


def test_a_job_of_a_made_network_can_be_connected_to_others() -> None:
    stack = new_stack()
    network = CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack))
    network.connections.allow_to(ec2.Peer.ipv4("10.9.0.0/16"), ec2.Port.tcp(8443))
    group = only(template_of(stack), "AWS::EC2::SecurityGroup")["Properties"]
    assert 8443 in {rule["FromPort"] for rule in group["SecurityGroupEgress"]}


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
    [found] = warnings_of(stack, "neo:groupRules", "/S/Net")
    assert "TCP 443 to S3's prefix list, and TCP to 10.0.0.0/17, 10.0.128.0/17" in found


@pytest.mark.parametrize("is_made", [False, True])
def test_a_group_that_lets_everything_out_is_left_alone(is_made: bool) -> None:
    stack = new_stack()
    vpc = isolated_vpc(stack)
    group = (
        ec2.SecurityGroup(stack, "G", vpc=vpc)
        if is_made
        else ec2.SecurityGroup.from_security_group_id(stack, "G", "sg-1")
    )
    CompilationNetwork(stack, "Net", vpc=vpc, security_group=group)
    assert rules_of(template_of(stack)) == set()
    assert warnings_of(stack) == []


def test_a_given_group_of_another_vpc_is_refused() -> None:
    stack = new_stack()
    group = ec2.SecurityGroup(stack, "G", vpc=isolated_vpc(stack, "Other"))
    with pytest.raises(ConstructError, match=r"\[S/Net\] the security group S/G is of the VPC"):
        CompilationNetwork(stack, "Net", vpc=isolated_vpc(stack), security_group=group)
