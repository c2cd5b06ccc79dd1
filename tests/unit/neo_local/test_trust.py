"""Which trust policies let SageMaker assume a role."""

from __future__ import annotations

from typing import Any

import pytest

from neo_local.access.trust import trusts_sagemaker

JOB = "arn:aws:sagemaker:us-east-1:000000000000:compilation-job/team-net"
SAGEMAKER = {"Service": "sagemaker.amazonaws.com"}


def statement(**changes: object) -> dict[str, Any]:
    plain = {"Effect": "Allow", "Principal": SAGEMAKER, "Action": "sts:AssumeRole"}
    return {**plain, **changes}


def condition(operator: str, key: str, value: object) -> dict[str, Any]:
    return statement(Condition={operator: {key: value}})


TRUSTED = {
    "plain": [statement()],
    "several services": [
        statement(Principal={"Service": ["lambda.amazonaws.com", "sagemaker.amazonaws.com"]})
    ],
    "several actions": [statement(Action=["sts:TagSession", "sts:AssumeRole"])],
    "all of STS": [statement(Action="sts:*")],
    "everybody": [statement(Principal="*")],
    "this account": [condition("StringEquals", "aws:SourceAccount", "000000000000")],
    "these jobs": [
        condition("ArnLike", "aws:SourceArn", "arn:aws:sagemaker:*:000000000000:compilation-job/*")
    ],
    "one of several": [condition("StringLike", "AWS:SourceArn", ["x", "*:compilation-job/team-*"])],
    "no other account": [condition("StringNotEquals", "aws:SourceAccount", "111122223333")],
    "if it is there": [condition("StringEqualsIfExists", "aws:SourceVpc", "vpc-1")],
    "not there": [condition("Null", "sts:ExternalId", "true")],
    "another is denied": [statement(), statement(Effect="Deny", Principal={"AWS": "*"})],
}
REFUSED = {
    "nobody": [],
    "another service": [statement(Principal={"Service": "lambda.amazonaws.com"})],
    "a user": [statement(Principal={"AWS": "arn:aws:iam::000000000000:root"})],
    "another action": [statement(Action="sts:AssumeRoleWithSAML")],
    "another account": [condition("StringEquals", "aws:SourceAccount", "111122223333")],
    "other jobs": [condition("ArnLike", "aws:SourceArn", "arn:aws:sagemaker:*:*:training-job/*")],
    "an external id": [condition("StringEquals", "sts:ExternalId", "secret")],
    "denied": [statement(), statement(Effect="Deny")],
    "both conditions": [
        statement(
            Condition={
                "StringEquals": {"aws:SourceAccount": "000000000000"},
                "ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:eu-west-1:*:*"},
            }
        )
    ],
    "brackets are no pattern": [condition("StringLike", "aws:SourceAccount", "[0][0][0]000000000")],
}


@pytest.mark.parametrize("statements", TRUSTED.values(), ids=TRUSTED)
def test_these_trust_sagemaker(statements: list[dict[str, Any]]) -> None:
    assert trusts_sagemaker({"Statement": statements}, JOB)


@pytest.mark.parametrize("statements", REFUSED.values(), ids=REFUSED)
def test_these_do_not(statements: list[dict[str, Any]]) -> None:
    assert not trusts_sagemaker({"Statement": statements}, JOB)


def test_a_single_statement_needs_no_list() -> None:
    assert trusts_sagemaker({"Statement": statement()}, JOB)
