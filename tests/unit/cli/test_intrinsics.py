"""What is known of a template's values before it is deployed."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.cli.app.changes import StackPlace
from reconciler.cli.app.intrinsics import TemplateEvaluator, Unknown, is_unknown
from reconciler.cli.app.references import LastingResources, TemplateReferences
from reconciler.core.deployed_stack import DeployedStack

STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/App/0a1b2c3d-1-2-3-4"
TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Name": {"Type": "String", "Default": "net"},
        "Names": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Secret": {"Type": "String", "NoEcho": True, "Default": "x"},
        "Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/path"},
        "Needed": {"Type": "String"},
    },
    "Conditions": {
        "IsNet": {"Fn::Equals": [{"Ref": "Name"}, "net"]},
        "IsNot": {"Fn::Not": [{"Condition": "IsNet"}]},
        "Both": {"Fn::And": [{"Condition": "IsNet"}, {"Condition": "IsNot"}]},
        "Either": {"Fn::Or": [{"Condition": "IsNet"}, {"Condition": "IsNot"}]},
        "Later": {"Fn::Equals": [{"Ref": "Needed"}, "x"]},
        "NotLater": {"Fn::Not": [{"Condition": "Later"}]},
        "LaterOrNet": {"Fn::Or": [{"Condition": "Later"}, {"Condition": "IsNet"}]},
        "LaterAndNet": {"Fn::And": [{"Condition": "Later"}, {"Condition": "IsNet"}]},
        "Strange": {"Fn::Contains": [["a"], "a"]},
        "Gone": {"Condition": "NotThere"},
    },
    "Mappings": {"ByRegion": {"us-east-1": {"device": "ml_c5"}}},
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"Path": "/team/"}},
        "Key": {"Type": "AWS::KMS::Key"},
        "Queue": {"Type": "AWS::SQS::Queue"},
    },
}
PHYSICAL = {"Bucket": "compiled", "Role": "neo", "Key": "1234-5678", "Queue": "https://q"}


def evaluator(**parameters: str) -> TemplateEvaluator:
    references = TemplateReferences(
        TEMPLATE, StackPlace("111122223333", "us-east-1").pseudo("App", STACK_ID), parameters,
        PHYSICAL.get, lambda: {"Exported": "value"},
    )  # fmt: skip
    return TemplateEvaluator(TEMPLATE, references)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ("text", "text"),
        (7, 7),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Name"}, "net"),
        ({"Ref": "Names"}, ["a", "b"]),
        ({"Ref": "Bucket"}, "compiled"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:aws:s3:::compiled"),
        ({"Fn::GetAtt": "Key.Arn"}, "arn:aws:kms:us-east-1:111122223333:key/1234-5678"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws:iam::111122223333:role/team/neo"),
        ({"Fn::ImportValue": "Exported"}, "value"),
        ({"Fn::Sub": "s3://${Bucket}/${!Bucket}/${AWS::Region}"}, "s3://compiled/${Bucket}/us-east-1"),
        ({"Fn::Sub": ["${x}-${Key.KeyId}", {"x": {"Ref": "Name"}}]}, "net-1234-5678"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Name"}]]}, "a-net"),
        ({"Fn::Join": ["-", {"Ref": "Names"}]}, "a-b"),
        ({"Fn::Select": ["1", {"Fn::Split": ["/", "a/b"]}]}, "b"),
        (
            {"Fn::Select": [0, {"Fn::Split": ["-", {"Fn::Select": [
                2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}]}]},
            "0a1b2c3d",
        ),
        ({"Fn::FindInMap": ["ByRegion", {"Ref": "AWS::Region"}, "device"]}, "ml_c5"),
        ({"Fn::If": ["IsNet", "yes", "no"]}, "yes"),
        ({"Fn::If": ["IsNot", "yes", "no"]}, "no"),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
        ({"Fn::If": ["IsNot", "yes", {"Ref": "AWS::NoValue"}]}, None),
    ],
)  # fmt: skip
def test_what_is_known(node: Any, value: Any) -> None:
    found = evaluator().value(node)
    assert found == value
    assert not is_unknown(found)


@pytest.mark.parametrize(
    ("node", "text"),
    [
        ({"Ref": "Needed"}, "${Needed}"),
        ({"Ref": "Secret"}, "${Secret}"),
        ({"Ref": "Image"}, "${Image}"),
        ({"Ref": "New"}, "${New}"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "${Queue.Arn}"),
        ({"Fn::GetAtt": ["New", "Arn"]}, "${New.Arn} after the deployment"),
        ({"Fn::ImportValue": "Nothing"}, "${Nothing}"),
        ({"Fn::Sub": "s3://${New}/out"}, "s3://${New}/out"),
        ({"Fn::Join": ["", ["s3://", {"Ref": "New"}]]}, "s3://${New}"),
        ({"Fn::Join": ["", {"Fn::GetAZs": ""}]}, '${Fn::GetAZs ""}'),
        ({"Fn::Split": ["/", {"Ref": "New"}]}, '${Fn::Split "${New}"}'),
        ({"Fn::Select": [0, {"Ref": "New"}]}, '${Fn::Select 0 "${New}"}'),
        ({"Fn::FindInMap": ["ByRegion", "eu-west-9", "device"]},
         '${Fn::FindInMap ["ByRegion", "eu-west-9", "device"]}'),
        ({"Fn::If": ["Later", 1, 2]}, '${Fn::If ["Later", 1, 2]}'),
        ("{{resolve:ssm:/path}}", "{{resolve:ssm:/path}}"),
    ],
)  # fmt: skip
def test_what_is_known_after_the_deployment_reads_as_a_template_would_say_it(
    node: Any, text: str
) -> None:
    found = evaluator().value(node)
    assert isinstance(found, Unknown)
    assert found == text
    assert is_unknown({"deep": [found]})


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (None, True), ("IsNet", True), ("IsNot", False), ("Both", False), ("Either", True),
        ("Later", None), ("NotLater", None), ("LaterOrNet", True), ("LaterAndNet", None),
        ("Strange", None), ("Gone", None),
    ],
)  # fmt: skip
def test_a_condition_holds_or_not_or_is_not_known(
    condition: str | None, holds: bool | None
) -> None:
    assert evaluator().holds(condition) is holds


def test_parameters_have_the_values_of_the_deployed_stack() -> None:
    assert evaluator(Name="other", Image="ami-1").value([{"Ref": "Name"}, {"Ref": "Image"}]) == [
        "other", "ami-1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("region", "arn"),
    [
        ("cn-north-1", "arn:aws-cn:"),
        ("us-gov-west-1", "arn:aws-us-gov:"),
        ("eu-west-1", "arn:aws:"),
    ],
)
def test_the_partition_is_that_of_the_region(region: str, arn: str) -> None:
    pseudo = StackPlace("111122223333", region).pseudo("App", STACK_ID)
    assert f"arn:{pseudo['AWS::Partition']}:" == arn


def lasting(after: dict[str, Any]) -> LastingResources:
    deployed = DeployedStack(STACK_ID, "UPDATE_COMPLETE", {}, TEMPLATE, PHYSICAL)
    return LastingResources(deployed, {"Resources": after}, lambda node: node, lambda node: node)


def test_a_resource_stays_unless_something_changes_that_may_replace_it() -> None:
    same = TEMPLATE["Resources"]
    assert lasting(same).physical_id("Queue") == "https://q"
    changed = {**same, "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 1}}}
    assert lasting(changed).physical_id("Queue") is None
    assert lasting({}).physical_id("Queue") is None
    assert lasting({**same, "Queue": {"Type": "AWS::SNS::Topic"}}).physical_id("Queue") is None
    described = {"Type": "AWS::IAM::Role", "Properties": {"Path": "/team/", "Description": "x"}}
    assert lasting({**same, "Role": described}).physical_id("Role") == "neo"
    moved = {"Type": "AWS::IAM::Role", "Properties": {"Path": "/"}}
    assert lasting({**same, "Role": moved}).physical_id("Role") is None


@pytest.mark.parametrize(
    "reference",
    [
        {"Ref": "Bucket"}, {"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::GetAtt": "Bucket.Arn"},
        {"Fn::Sub": "x/${Bucket}"}, {"Fn::Sub": ["${a}${Bucket.Arn}", {"a": "b"}]},
        {"Fn::Sub": ["${a}", {"a": {"Ref": "Bucket"}}]},
    ],
)  # fmt: skip
def test_a_resource_of_an_unknown_type_stays_only_with_what_it_refers_to(reference: Any) -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"Policy": [{"Of": reference}]}}
    before = {**TEMPLATE["Resources"], "Queue": queue}
    deployed = DeployedStack(STACK_ID, "UPDATE_COMPLETE", {}, {"Resources": before}, PHYSICAL)
    renamed = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "new"}}
    for bucket, physical_id in ((before["Bucket"], "https://q"), (renamed, None)):
        after = {"Resources": {**before, "Bucket": bucket}}
        found = LastingResources(deployed, after, lambda node: node, lambda node: node)
        assert found.physical_id("Queue") == physical_id
