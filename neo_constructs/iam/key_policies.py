"""Key policies of this app's keys: whether they delegate access to IAM.

CDK's default policy does. One that an app gives instead (``kms.Key(policy=...)``) may not, and a
role's own rights are then worth nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from neo_constructs.iam.keys import made_key
from neo_constructs.iam.statements import Allow, listed
from neo_constructs.synth.jsii_cache import reference

# With the key itself, so that jsii does not give its reference to another one.
_settled: dict[tuple[str, Allow], kms.IKey] = {}


def leave_to_iam(key: kms.IKey, rights: Iterable[Allow]) -> None:
    """Delegate these permissions to IAM in the policy of a key of this app, if necessary.

    Nothing is done for an imported key, whose policy cannot be seen.
    """
    for right in rights:
        if (reference(key), right) in _settled:
            continue
        _settled[reference(key), right] = key
        made = made_key(key)
        if made is not None and not _is_left_to_iam(made, right.actions):
            statement = Allow(right.actions, ("*",), right.conditions).statement()
            statement.add_principals(iam.AccountRootPrincipal())
            made.add_to_resource_policy(statement)


def _is_left_to_iam(key: kms.Key, actions: Sequence[str]) -> bool:
    resource = key.node.default_child
    assert isinstance(resource, kms.CfnKey)
    document: Any = cdk.Stack.of(key).resolve(resource.key_policy)
    left = [
        action
        for statement in listed(document["Statement"])
        if statement["Effect"] == "Allow" and _is_account(statement.get("Principal"))
        for action in listed(statement["Action"])
        if "Condition" not in statement
    ]
    return "kms:*" in left or set(actions) <= set(left)


def _is_account(principal: object) -> bool:
    if not isinstance(principal, Mapping):
        return principal == "*"
    return any(":root" in str(each) for each in listed(principal.get("AWS", [])))
