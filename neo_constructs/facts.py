"""What is asked of other constructs, asked once: every question to jsii costs half a millisecond.

Answers are text, tokens included, so they stay true as long as the construct lives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

_EMPTIER_ID: Final = "AutoDeleteObjectsCustomResource"
_LOOKED_UP_LATER: Final = re.compile(r"^(arn:[^:]+:iam):[^:]+:(\d{12}:role/DUMMY_ARN)$")


@cache
def partition() -> str:
    """The partition of the stack's account."""
    return cdk.Aws.PARTITION


@cache
def own_region() -> str:
    """The stack's region."""
    return cdk.Aws.REGION


@cache
def own_account() -> str:
    """The stack's account."""
    return cdk.Aws.ACCOUNT_ID


@cache
def stack_id() -> str:
    """The stack's id."""
    return cdk.Aws.STACK_ID


@cache
def through(service: str) -> str:
    """What KMS calls requests that a service makes for somebody."""
    return f"{service}.{own_region()}.{cdk.Aws.URL_SUFFIX}"


def reference(construct: object) -> str:
    """What jsii calls this object; unique as long as the process lives."""
    ref: str = construct.__jsii_ref__.ref  # type: ignore[attr-defined]
    return ref


@dataclass(frozen=True, slots=True)
class Home:
    """Where a stack is deployed; tokens where that is not known at synthesis."""

    account: str
    region: str


@dataclass(frozen=True, slots=True)
class BucketFacts:
    """A bucket in words.

    Attributes:
        key: The key that it encrypts with by default, if it is known.
        emptier: What empties it on deletion, if something does.
        region: Where it is; a token if that is where its stack is.
        account: Whose it is; a token if it is its stack's.
        bucket: The construct.
    """

    name: str
    arn: str
    key: kms.IKey | None
    emptier: cdk.CustomResource | None
    region: str
    account: str
    bucket: s3.IBucket


# With the construct itself, so that jsii does not give its reference to another one.
_buckets: dict[str, tuple[s3.IBucket, BucketFacts]] = {}
_homes: dict[str, tuple[object, Home]] = {}
_arns: dict[str, tuple[iam.IRole | kms.IKey, str]] = {}


def bucket_facts(bucket: s3.IBucket) -> BucketFacts:
    """What is to be known about a bucket."""
    known = _buckets.get(reference(bucket))
    if known is None:
        emptier = bucket.node.try_find_child(_EMPTIER_ID)
        home = bucket.env
        facts = BucketFacts(
            bucket.bucket_name, bucket.bucket_arn, bucket.encryption_key,
            emptier if isinstance(emptier, cdk.CustomResource) else None,
            home.region, home.account, bucket,
        )  # fmt: skip
        known = _buckets[reference(bucket)] = (bucket, facts)
    return known[1]


def home_of(stack: cdk.Stack) -> Home:
    """The account and region of a stack."""
    return Home(stack.account, stack.region)


def home_of_resource(resource: iam.IRole | kms.IKey) -> Home:
    """The account and region of a role or key, made or imported."""
    known = _homes.get(reference(resource))
    if known is None:
        home = resource.env
        known = _homes[reference(resource)] = (resource, Home(home.account, home.region))
    return known[1]


def is_looked_up_later(role: iam.IRole) -> bool:
    """Whether nothing is known of the role until the CLI has looked it up."""
    return role_arn(role).endswith(":role/DUMMY_ARN")


def role_arn(role: iam.IRole) -> str:
    """A role's ARN.

    Before a lookup has been made CDK gives an ARN with a region, which no role has and the rules
    would refuse; the CLI then makes the lookup and synthesizes again.
    """
    known = _arns.get(reference(role))
    if known is None:
        arn = _LOOKED_UP_LATER.sub(r"\1::\2", role.role_arn)
        known = _arns[reference(role)] = (role, arn)
    return known[1]


def key_arn(key: kms.IKey) -> str:
    """A key's ARN."""
    known = _arns.get(reference(key))
    if known is None:
        known = _arns[reference(key)] = (key, key.key_arn)
    return known[1]
