"""What the roles may not do, as a policy engine that is not ours decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from tests.contract.privilege.allowed import allowed_calls
from tests.contract.privilege.comparing import requests
from tests.contract.privilege.engine import ACCOUNT, DENIED, Request, decisions
from tests.contract.privilege.neighbours import neighbours
from tests.contract.privilege.recording import (
    FLEET_IS_COMPLETE,
    FLEET_ON_EVENT,
    FRAMEWORK_IS_COMPLETE,
    FRAMEWORK_ON_EVENT,
    IS_COMPLETE,
    ON_EVENT,
    SCHEDULE,
)
from tests.contract.privilege.stacks import Deployed, fleet_stack, jobs_stack
from tests.synthesis.rendering import STACK_ID

STACKS = pytest.mark.parametrize("stack", [jobs_stack, fleet_stack], ids=["jobs", "fleet"])


def not_denied(stack: Deployed, asked: list[Request]) -> str:
    """Return the requests that are allowed, or that AWS does not have."""
    decided = decisions(stack.policies, asked)
    pairs = zip(asked, decided, strict=True)
    return "\n".join(f"{request}: {answer}" for request, answer in pairs if answer != DENIED)


@STACKS
def test_no_call_is_allowed_on_what_is_anothers(stack: Callable[[], Deployed]) -> None:
    asked = [near for each in requests(stack(), allowed_calls()) for near in neighbours(each)]
    assert len(asked) > 100
    assert not_denied(stack(), asked) == ""


JOB: Final = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:compilation-job/s0a1b2c3d-net-abcdefghijkl"
ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role"
EVERYONE: Final = {
    "sts:AssumeRole": f"{ROLE}/Admin",
    "iam:PassRole": f"{ROLE}/Admin",
    "iam:CreatePolicyVersion": f"arn:aws:iam::{ACCOUNT}:policy/own",
    "iam:AttachRolePolicy": f"{ROLE}/own",
    "lambda:UpdateFunctionCode": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:own",
    "lambda:AddPermission": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:own",
    "cloudformation:UpdateStack": STACK_ID,
    "cloudformation:DeleteStack": STACK_ID,
    "cloudformation:GetTemplate": STACK_ID,
    "s3:DeleteObject": "arn:aws:s3:::models/m.tar.gz",
    "s3:PutObject": "arn:aws:s3:::models/m.tar.gz",
    "s3:PutBucketPolicy": "arn:aws:s3:::models",
    "s3:DeleteBucket": "arn:aws:s3:::models",
    "s3:ListAllMyBuckets": "*",
    "kms:ScheduleKeyDeletion": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
    "kms:CreateGrant": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
    "logs:CreateLogGroup": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:any:*",
    "logs:DeleteLogGroup": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:any:*",
    "ec2:CreateNetworkInterface": f"arn:aws:ec2:us-east-1:{ACCOUNT}:network-interface/*",
    "ec2:RunInstances": f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*",
    "secretsmanager:GetSecretValue": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:s-abcdef",
    "sagemaker:CreateTrainingJob": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/any",
    "sagemaker:DeleteEndpoint": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/any",
    "sagemaker:ListModels": "*",
    "states:StopExecution": f"arn:aws:states:us-east-1:{ACCOUNT}:execution:any:one",
}
NO_JOBS: Final = (ON_EVENT, FLEET_ON_EVENT, FRAMEWORK_ON_EVENT, FRAMEWORK_IS_COMPLETE)
ON_JOBS: Final = (
    "AddTags", "CreateCompilationJob", "DeleteCompilationJob", "DeleteTags",
    "DescribeCompilationJob", "ListTags", "StopCompilationJob",
)  # fmt: skip


@STACKS
def test_nobody_can_reach_out(stack: Callable[[], Deployed]) -> None:
    asked = [
        Request(role, action, resource)
        for role in stack().roles
        for action, resource in EVERYONE.items()
    ]
    assert not_denied(stack(), asked) == ""


@STACKS
def test_functions_that_begin_or_wait_touch_no_job(stack: Callable[[], Deployed]) -> None:
    asked = [
        Request(role, f"sagemaker:{action}", JOB)
        for role in set(NO_JOBS) & set(stack().roles)
        for action in ON_JOBS
    ]
    assert asked
    assert not_denied(stack(), asked) == ""


def test_each_function_calls_only_its_own() -> None:
    stack = jobs_stack()
    own = {name: stack.places[f"{ON_EVENT}/own {name}"][0] for name in ("on_event", "is_complete")}
    others = ((FRAMEWORK_ON_EVENT, "is_complete"), (FRAMEWORK_IS_COMPLETE, "on_event"))
    asked = [
        Request(role, f"lambda:{action}", own[other])
        for role, other in others
        for action in ("InvokeFunction", "GetFunction")
    ]
    waiter = stack.places[f"{ON_EVENT}/own waiter"][0]
    asked += [Request(role, "states:StartExecution", waiter) for role in
              (ON_EVENT, IS_COMPLETE, FRAMEWORK_IS_COMPLETE)]  # fmt: skip
    assert not_denied(stack, asked) == ""


def test_single_jobs_write_no_object_and_encrypt_nothing() -> None:
    stack = jobs_stack()
    places = {key.partition("/")[2]: place for key, place in stack.places.items()}
    artifact, _ = places["artifact"]
    key, through_s3 = places["key of model"]
    asked = [
        Request(IS_COMPLETE, action, artifact) for action in ("s3:PutObject", "s3:DeleteObject")
    ]
    asked += [
        Request(IS_COMPLETE, action, key, through_s3)
        for action in ("kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey")
    ]
    assert not_denied(stack, asked) == ""


@pytest.mark.parametrize("role", [FLEET_IS_COMPLETE, SCHEDULE])
def test_a_fleet_writes_its_state_alone(role: str) -> None:
    stack = fleet_stack()
    asked = [
        Request(role, f"s3:{action}", stack.places[f"{role}/{target}"][0])
        for action in ("PutObject", "DeleteObject")
        for target in ("artifact", "model", "document", "upload")
    ]
    assert not_denied(stack, asked) == ""


def test_a_right_that_is_too_wide_is_seen() -> None:
    stack = jobs_stack()
    wide = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}  # fmt: skip
    asked = [
        near
        for each in requests(stack, allowed_calls())
        if (each.role, each.action) == (IS_COMPLETE, "s3:GetObject")
        for near in neighbours(each)
    ]
    decided = decisions({IS_COMPLETE: [*stack.policies[IS_COMPLETE], wide]}, asked)
    assert "Allowed" in decided
