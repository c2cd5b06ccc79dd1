"""Permissions as statements of the resource policy of a bucket or key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from neo_constructs.iam.statements import Allow
from neo_constructs.synth.jsii_cache import Home
from neo_constructs.synth.tokens import is_token


def as_policy(right: Allow, account: str) -> iam.PolicyStatement:
    """Return the statement that allows an account this; its own policies say who there."""
    statement = right.statement()
    statement.add_principals(iam.AccountPrincipal(account))
    return statement


def as_json(scope: Construct, home: Home, rights: Sequence[Allow]) -> str:
    """Format statements for pasting; ACCOUNT and REGION stand for unknown values."""
    from aws_cdk import region_info  # a module that most apps never need

    stack = cdk.Stack.of(scope)
    account = "ACCOUNT" if is_token(home.account) else home.account
    region = "REGION" if is_token(home.region) else home.region
    place = region_info.RegionInfo.get(region)
    known = {
        "AWS::Partition": place.partition or "aws", "AWS::Region": region,
        "AWS::AccountId": account, "AWS::URLSuffix": place.domain_suffix or "amazonaws.com",
    }  # fmt: skip
    principal = f"arn:{known['AWS::Partition']}:iam::{account}:root"
    return ", ".join(
        json.dumps(_plain(stack.resolve(_statement(right, principal)), known)) for right in rights
    )


def _statement(right: Allow, principal: str) -> dict[str, object]:
    statement: dict[str, object] = {
        "Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(right.actions),
        "Resource": list(right.resources),
    }  # fmt: skip
    conditions = right.condition_block()
    return {**statement, "Condition": conditions} if conditions else statement


def _plain(node: Any, known: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    """Replace CloudFormation's functions in a resolved value by the names they refer to."""
    match node:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(str(_plain(part, known)) for part in parts)
        case {"Ref": str(name)}:
            return known.get(name, f"<{name}>")
        case {"Fn::GetAtt": [str(name), *_]}:
            return f"<{name}>"
        case dict():
            return {key: _plain(value, known) for key, value in node.items()}
        case list():
            return [_plain(item, known) for item in node]
        case _:
            return node
