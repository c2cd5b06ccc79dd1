"""The page that a security reviewer reads says what the templates say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.privilege.security_page import PAGE, UnreasonedError, table, written
from tests.contract.privilege.stacks import deployed, jobs_stack
from tests.contract.privilege.test_job_roles import build_fleet, build_job


def test_the_page_has_every_right_of_every_role_with_its_reason() -> None:
    assert PAGE.read_text() == written(), "write it with: python -m tests.contract.privilege"


def test_a_right_without_a_reason_is_an_error() -> None:
    stack = jobs_stack()
    wide = {"Effect": "Allow", "Action": "sqs:DeleteQueue", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [wide]}
    policy = {"PolicyDocument": document, "Roles": [{"Ref": "JobRole"}]}
    role = {"Type": "AWS::IAM::Role", "Properties": {}}
    resources = {
        "JobRole": role, "Wide": {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy},
    }  # fmt: skip
    with pytest.raises(UnreasonedError, match="sqs:DeleteQueue"):
        table(replace(stack, template={"Resources": resources}), "JobRole")


def test_the_role_of_a_fleets_jobs_is_that_of_a_single_job() -> None:
    one, many = deployed(build_job, {"r": "JobRole"}), deployed(build_fleet, {"r": "FleetRole"})
    assert table(one, one.roles["r"]) == table(many, many.roles["r"])
