"""The permissions of a fleet's functions."""

from __future__ import annotations

import hashlib
from typing import Final

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from neo_constructs.fleet.state import FleetStatePlace
from neo_constructs.iam.keys import key_use
from neo_constructs.iam.role_grants import RoleGrants
from neo_constructs.iam.statements import Allow, allow, pass_to_sagemaker, reconcile_jobs
from neo_constructs.provider.compilation_provider import stack_owner
from neo_constructs.synth import jsii_cache
from neo_constructs.synth.lazy_value import LazyValue
from reconciler.core.contract import (
    BUCKET,
    DOCUMENT,
    FLEET_OWNER_PREFIX,
    KEY,
    STACK_OWNER_PREFIX,
)

_SUFFIX_LENGTH: Final = 6
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"


def fleet_owner(path: str) -> tuple[str, str]:
    """Return a fleet's owner (a token) and its suffix.

    The owner is `f`, 8 characters of the stack id's GUID and 6 of the path's hash, the suffix.
    """
    hashed = hashlib.sha256(path.encode()).digest()
    suffix = "".join(_ALPHABET[byte % 32] for byte in hashed[:_SUFFIX_LENGTH])
    guid = stack_owner().removeprefix(STACK_OWNER_PREFIX)
    return f"{FLEET_OWNER_PREFIX}{guid}{suffix}", suffix


def pass_rights(job_arn_pattern: str, state: FleetStatePlace) -> list[Allow]:
    """Return the permissions of every pass over the fleet."""
    return [
        *reconcile_jobs(job_arn_pattern),
        allow(["cloudformation:DescribeStacks"], [jsii_cache.stack_id()], sid="ReadPhase"),
        *state.read_write(),
    ]


def deploy_rights(job_arn_pattern: str, state: FleetStatePlace, role: iam.IRole) -> list[Allow]:
    """Return the permissions of a deployment: those of a pass, and to pass the fleet's own role
    and read its own resource.
    """
    return [
        *pass_rights(job_arn_pattern, state),
        pass_to_sagemaker([jsii_cache.role_arn(role)], sid="PassOwnRole"),
        allow(["cloudformation:ListStackResources"], [jsii_cache.stack_id()], sid="ReadResources"),
    ]


def objects_document(looked_for: RoleGrants, document: LazyValue | None) -> dict[str, object]:
    """Return the policy document for the objects that a reconciler reads: artifacts, models whose
    declared content is compared, and a deployment's own document.
    """
    found = [_for_head_object(statement) for statement in looked_for.objects()]
    if document is not None:
        place = document.get()[DOCUMENT]
        arn = jsii_cache.bucket_arn(f"{place[BUCKET]}/{place[KEY]}")
        found.append({
            "Sid": "Document", "Effect": "Allow", "Action": "s3:GetObject", "Resource": arn,
        })  # fmt: skip
    return {"Version": "2012-10-17", "Statement": found}


def _for_head_object(statement: dict[str, object]) -> dict[str, object]:
    """Drop the condition on s3:prefix, which may not hold for HeadObject (unverified)."""
    if statement["Action"] != ["s3:ListBucket"]:
        return statement
    return {key: value for key, value in statement.items() if key != "Condition"}


def upload_rights(bucket: s3.IBucket, key: str) -> list[Allow]:
    """Allow reading uploads; listing tells a missing object from a denied one."""
    place = jsii_cache.bucket_facts(bucket)
    rights = [
        allow(["s3:GetObject"], [f"{place.arn}/{key}"]),
        allow(["s3:ListBucket"], [place.arn]),
    ]
    if place.key is None:
        return rights
    return [*rights, key_use(place.key).decrypt()]
