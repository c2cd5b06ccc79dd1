"""What is imported works, or the error says exactly what it lacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    CompilationNetwork,
    ConstructError,
    Target,
)
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import (
    JOB,
    Resolver,
    of_type,
    only,
    statements,
    synthesized,
    template_of,
)
from tests.synthesis.test_dependency_graph import closure

HERE = cdk.Environment(account="111122223333", region="eu-west-1")
LOOKED_UP = {
    "vpcId": "vpc-1", "vpcCidrBlock": "10.0.0.0/16", "ownerAccountId": "111122223333",
    "availabilityZones": [],
    "subnetGroups": [{
        "name": "Jobs", "type": "Isolated", "subnets": [
            {"subnetId": f"subnet-{name}", "cidr": f"10.0.{number}.0/24",
             "availabilityZone": f"eu-west-1{name}", "routeTableId": f"rtb-{name}"}
            for number, name in enumerate("ab")
        ],
    }],
}  # fmt: skip


def new_stack(env: cdk.Environment | None = None, **context: Any) -> cdk.Stack:
    return cdk.Stack(cdk.App(analytics_reporting=False, context=context), "S", env=env)


def job(stack: cdk.Stack, name: str = "Job", **more: Any) -> CompilationJob:
    return CompilationJob(stack, name, model=model(stack), target=Target.ML_C5, **ONNX, **more)


def vpc_of(stack: cdk.Stack, **more: Any) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["eu-west-1a", "eu-west-1b"], **more
    )


def sent(template: dict[str, Any]) -> Any:
    """Return the VpcConfig of the template's job as far as it is in the literal declaration."""
    text = only(template, JOB)["Properties"]["Declaration"]
    return text[text.index('"VpcConfig"') :]


def test_a_vpc_that_was_looked_up_needs_nothing_else() -> None:
    key = "vpc-provider:account=111122223333:filter.vpc-id=vpc-1:region=eu-west-1"
    stack = new_stack(HERE, **{f"{key}:returnAsymmetricSubnets=true": LOOKED_UP})
    network = CompilationNetwork(
        stack, "Net", vpc=ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-1")
    )  # fmt: skip
    job(
        stack, vpc=network.vpc, vpc_subnets=network.vpc_subnets,
        security_groups=[network.security_group],
    )  # fmt: skip
    template = template_of(stack)
    assert '"Subnets":["subnet-a","subnet-b"]' in sent(template)
    endpoint = only(template, "AWS::EC2::VPCEndpoint")["Properties"]
    assert endpoint["RouteTableIds"] == ["rtb-a", "rtb-b"]
    rules = only(template, "AWS::EC2::SecurityGroup")["Properties"]["SecurityGroupEgress"]
    assert [rule["CidrIp"] for rule in rules][1:] == ["10.0.0.0/24", "10.0.1.0/24"]


@pytest.mark.parametrize("selection", [{}, {"subnet_group_name": "Jobs"}])
def test_a_vpc_that_has_yet_to_be_looked_up_does_not_stop_the_first_synthesis(
    selection: dict[str, Any],
) -> None:
    stack = new_stack(HERE)
    vpc = ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-1")
    subnets = ec2.SubnetSelection(**selection) if selection else None
    network = CompilationNetwork(stack, "Net", vpc=vpc, vpc_subnets=subnets)
    job(stack, vpc=vpc, vpc_subnets=subnets)
    job(stack, "Other", vpc=vpc, vpc_subnets=network.vpc_subnets)
    assert len(of_type(template_of(stack), JOB)) == 2


def test_a_vpc_of_attributes_says_that_it_has_no_subnets() -> None:
    stack = new_stack()
    with pytest.raises(
        ConstructError, match=r"\[S/Job\] vpc_subnets: .*without any subnets.*private_subnet_ids="
    ) as e:
        job(stack, vpc=vpc_of(stack))
    assert "JavaScript" not in str(e.value)


def test_a_vpc_of_attributes_says_that_it_has_no_such_subnets() -> None:
    stack = new_stack()
    vpc = vpc_of(stack, private_subnet_ids=["subnet-a", "subnet-b"])
    wanted = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    with pytest.raises(ConstructError, match="no 'Isolated' subnet groups in this VPC"):
        job(stack, vpc=vpc, vpc_subnets=wanted)


def test_a_vpc_of_attributes_says_that_addresses_are_not_known() -> None:
    stack = new_stack()
    vpc = vpc_of(
        stack, private_subnet_ids=["subnet-a", "subnet-b"],
        private_subnet_route_table_ids=["rtb-a", "rtb-b"],
    )  # fmt: skip
    wanted = r"addresses of the subnets subnet-a, subnet-b .*private_subnet_ipv4_cidr_blocks"
    with pytest.raises(ConstructError, match=wanted):
        job(stack, vpc=vpc)
    with pytest.raises(ConstructError, match=wanted):
        CompilationNetwork(stack, "Net", vpc=vpc)
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")
    job(stack, "Given", vpc=vpc, security_groups=[group])


def test_addresses_in_a_list_that_is_a_token_are_not_known() -> None:
    stack = new_stack()
    zones, ids, blocks = (
        cdk.Fn.split(",", cdk.Fn.import_value(name)) for name in ("zones", "ids", "blocks")
    )
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=zones, private_subnet_ids=ids,
        private_subnet_ipv4_cidr_blocks=blocks,
    )  # fmt: skip
    with pytest.raises(ConstructError, match="addresses of the subnets S/Vpc/PrivateSubnet1"):
        job(stack, vpc=vpc)


def test_a_vpc_of_attributes_says_that_route_tables_are_not_known() -> None:
    stack = new_stack()
    vpc = vpc_of(
        stack, private_subnet_ids=["subnet-a", "subnet-b"], vpc_cidr_block="10.0.0.0/16"
    )  # fmt: skip
    with pytest.raises(ConstructError) as refused:
        CompilationNetwork(stack, "Net", vpc=vpc)
    text = str(refused.value)
    assert "route tables of the subnets subnet-a, subnet-b are not known" in text
    assert "private_subnet_route_table_ids=" in text
    assert "from_gateway_vpc_endpoint_id" in text
    known = ec2.GatewayVpcEndpoint.from_gateway_vpc_endpoint_id(stack, "E", "vpce-1")
    CompilationNetwork(stack, "Known", vpc=vpc, s3_endpoint=known)
    group = only(template_of(stack), "AWS::EC2::SecurityGroup")["Properties"]
    rules = [rule["CidrIp"] for rule in group["SecurityGroupEgress"]]
    assert rules == ["0.0.0.0/0", "10.0.0.0/16"]


def test_a_vpc_of_attributes_that_says_all_of_it_works() -> None:
    stack = new_stack()
    vpc = vpc_of(
        stack, isolated_subnet_ids=["subnet-a", "subnet-b"],
        isolated_subnet_route_table_ids=["rtb-1", "rtb-1"],
        isolated_subnet_ipv4_cidr_blocks=["10.0.0.0/24", "10.0.1.0/24"],
    )  # fmt: skip
    CompilationNetwork(stack, "Net", vpc=vpc)
    endpoint = only(template_of(stack), "AWS::EC2::VPCEndpoint")["Properties"]
    assert endpoint["RouteTableIds"] == ["rtb-1"]


def test_values_of_other_stacks_may_be_imported() -> None:
    stack = new_stack()
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id=cdk.Fn.import_value("vpc"), availability_zones=["a", "b"],
        private_subnet_ids=[cdk.Fn.import_value("subnet-a"), cdk.Fn.import_value("subnet-b")],
        private_subnet_route_table_ids=[cdk.Fn.import_value("table")] * 2,
        vpc_cidr_block=cdk.Fn.import_value("cidr"),
    )  # fmt: skip
    network = CompilationNetwork(stack, "Net", vpc=vpc)
    job(
        stack, vpc=vpc, vpc_subnets=network.vpc_subnets, security_groups=[network.security_group]
    )  # fmt: skip
    template = template_of(stack)
    late = only(template, JOB)["Properties"]["LateBound"]["/VpcConfig/Subnets"]
    assert late == [{"Fn::ImportValue": "subnet-a"}, {"Fn::ImportValue": "subnet-b"}]
    rules = only(template, "AWS::EC2::SecurityGroup")["Properties"]["SecurityGroupEgress"]
    assert rules[1]["CidrIp"] == {"Fn::ImportValue": "cidr"}


@pytest.mark.parametrize(
    "how", [{}, {"mutable": False}, {"allow_all_outbound": False}], ids=lambda how: str(how)
)
def test_a_group_that_is_imported_is_used_as_it_is(how: dict[str, Any]) -> None:
    stack = new_stack()
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1", **how)
    vpc = vpc_of(stack, private_subnet_ids=["subnet-a", "subnet-b"])
    job(stack, vpc=vpc, security_groups=[group])
    template = template_of(stack)
    assert '"SecurityGroupIds":["sg-1"]' in sent(template)
    assert of_type(template, "AWS::EC2::SecurityGroup") == {}
    assert of_type(template, "AWS::EC2::SecurityGroupEgress") == {}


Roles = Callable[[cdk.Stack], iam.IRole]
ROLES: dict[str, Roles] = {
    "arn": lambda stack: iam.Role.from_role_arn(
        stack, "Role", "arn:aws:iam::111122223333:role/compiler"
    ),
    "arn with a path": lambda stack: iam.Role.from_role_arn(
        stack, "Role", "arn:aws:iam::111122223333:role/team/compiler"
    ),
    "name": lambda stack: iam.Role.from_role_name(stack, "Role", "compiler"),
    "looked up": lambda stack: iam.Role.from_lookup(stack, "Role", role_name="compiler"),
}


def attached(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the policies that this stack attaches to a role that it did not make."""
    return {
        name: item
        for name, item in of_type(template, "AWS::IAM::Policy").items()
        if item["Properties"]["Roles"] == ["compiler"]
    }


@pytest.mark.parametrize("how", ROLES)
def test_a_role_of_this_account_gets_what_the_job_needs(how: str) -> None:
    stack = new_stack(HERE, **(role_context() if how == "looked up" else {}))
    job(stack, role=ROLES[how](stack))
    template = template_of(stack)
    [(name, policy)] = attached(template).items()
    actions = [each["Action"] for each in policy["Properties"]["PolicyDocument"]["Statement"]]
    assert "s3:GetObject" in actions
    [made] = of_type(template, JOB)
    assert name in closure(template, made)


def role_context() -> dict[str, Any]:
    """Return what the CLI answers to the question that a first synthesis leaves open."""
    # As new apps have it; then what CDK makes up is plain text, which must not stop the synthesis.
    stack = new_stack(HERE, **{"@aws-cdk/core:enablePartitionLiterals": True})
    job(stack, role=ROLES["looked up"](stack))
    app = cdk.App.of(stack)
    assert isinstance(app, cdk.App)
    app.synth()
    [asked] = json.loads((Path(app.outdir) / "manifest.json").read_text())["missing"]
    return {asked["key"]: [{"Arn": "arn:aws:iam::111122223333:role/compiler"}]}


@pytest.mark.parametrize("kind", ["job", "fleet"])
def test_a_role_that_may_not_be_changed_is_passed_and_left_alone(kind: str) -> None:
    def build(stack: cdk.Stack) -> None:
        role = iam.Role.from_role_name(stack, "Role", "compiler", mutable=False)
        if kind == "job":
            job(stack, role=role)
        else:
            fleet = CompilationFleet(stack, "Fleet", role=role)
            fleet.add_job("one", model=model(stack), target=Target.ML_C5, **ONNX)

    template = synthesized(build)
    assert attached(template) == {}
    passed = [
        Resolver().resolve(statement["Resource"])
        for _, statement in statements(template)
        if statement["Action"] == "iam:PassRole"
    ]
    role = "arn:aws:iam::123456789012:role/compiler"
    assert role in passed or [role] in passed
