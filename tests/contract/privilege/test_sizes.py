"""Policies stay within IAM's limits, whatever the jobs of a fleet name; beyond them, synthesis says
so, not the deployment.
"""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from neo_constructs import CompilationFleet, ContinuousReconciliation, ModelArtifact, Target
from neo_constructs.iam.policy_size import IAM_LIMIT, estimated_size, fitting
from tests.contract.privilege.policies import resolver, single_rights
from tests.synthesis.conftest import ONNX
from tests.synthesis.rendering import of_type, synthesized


def fleet_of(stack: cdk.Stack, roles: int, buckets: int) -> None:
    fleet = CompilationFleet(stack, "Fleet")
    for number in range(max(roles, buckets)):
        name = f"a-bucket-of-models-{number % buckets}"
        known = stack.node.try_find_child(name)
        bucket: Any = known or s3.Bucket.from_bucket_name(stack, name, name)
        arn = f"arn:aws:iam::123456789012:role/teams/team-{number % max(roles, 1)}-compiles"
        role = iam.Role.from_role_arn(stack, f"R{number}", arn) if roles else None
        fleet.add_job(
            f"m{number}", model=ModelArtifact.from_bucket(bucket, f"teams/{number}/m.tar.gz"),
            target=Target.ML_C5, role=role, **ONNX,
        )  # fmt: skip
    ContinuousReconciliation(stack, "Keep", fleet=fleet)


@pytest.mark.parametrize(("roles", "buckets"), [(0, 12), (0, 30), (400, 1)])
def test_the_policies_of_a_large_fleet_are_taken_by_iam(roles: int, buckets: int) -> None:
    template = synthesized(lambda stack: fleet_of(stack, roles, buckets))
    resolved = resolver(template)
    attached: dict[str, int] = {}
    passed: list[str] = []
    for item in of_type(template, "AWS::IAM::ManagedPolicy").values():
        document = resolved.resolve(item["Properties"]["PolicyDocument"])
        assert len(json.dumps(document, separators=(",", ":"))) <= IAM_LIMIT
        [role] = item["Properties"]["Roles"]
        attached[role["Ref"]] = attached.get(role["Ref"], 0) + 1
        passed += [arn for action, arn, _ in single_rights(document) if action == "iam:PassRole"]
    assert max(attached.values()) <= 10
    everyone = roles + 1  # the fleet's own role too, which uploaded specs are given
    assert len(passed) == 2 * everyone, "by the deployment and by the schedule, each once"


def test_more_roles_than_ten_policies_hold_are_refused_with_advice() -> None:
    with pytest.raises(ValueError, match=r"\[S/Fleet/Provider/Permissions\].*share a role"):
        synthesized(lambda stack: fleet_of(stack, 1_000, 1))


def test_more_buckets_than_a_policy_holds_are_refused_with_advice() -> None:
    with pytest.raises(RuntimeError, match=r"S/Fleet/JobPermissions\].*6,144.*fewer buckets"):
        synthesized(lambda stack: fleet_of(stack, 0, 60))


def reading(bucket: str, prefix: str) -> list[dict[str, Any]]:
    arn = f"arn:aws:s3:::{bucket}"
    like = {"StringLike": {"s3:prefix": [prefix]}}
    return [
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [f"{arn}/{prefix}"]},
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [arn], "Condition": like},
    ]


def test_statements_are_put_together_only_where_they_would_not_fit() -> None:
    few = [each for n in range(3) for each in reading(f"b{n}", f"p{n}*")]
    assert fitting("x", few)["Statement"] == few
    many = [each for n in range(30) for each in reading(f"bucket-{n:02}", f"prefix-{n:02}*")]
    document = fitting("x", [*many, *many])
    statements: Any = document["Statement"]
    get, listing = statements
    assert len(get["Resource"]) == len(listing["Resource"]) == 30
    assert len(listing["Condition"]["StringLike"]["s3:prefix"]) == 30
    assert estimated_size(document) <= IAM_LIMIT


def test_sizes_are_those_that_iam_counts() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    text = f"arn:{cdk.Aws.PARTITION}:s3:::{s3.Bucket(stack, 'B').bucket_name}"
    assert estimated_size({"a": text}) == len('{"a":"arn:aws-us-gov:s3:::"}') + 63
