"""Properties of constructs, read from jsii once: every call costs half a millisecond.

Values are text, tokens included, so they stay valid as long as the construct lives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs.synth.tokens import is_token

_EMPTIER_ID: Final = "AutoDeleteObjectsCustomResource"
_LOOKED_UP_LATER: Final = re.compile(r"^(arn:[^:]+:iam):[^:]+:(\d{12}:role/DUMMY_ARN)$")


@cache
def partition() -> str:
    """Return the partition of the stack's account."""
    return cdk.Aws.PARTITION


@cache
def own_region() -> str:
    """Return the stack's region."""
    return cdk.Aws.REGION


@cache
def own_account() -> str:
    """Return the stack's account."""
    return cdk.Aws.ACCOUNT_ID


@cache
def stack_id() -> str:
    """Return the stack's id."""
    return cdk.Aws.STACK_ID


def own_arn(service: str, resource: str) -> str:
    """Return the ARN of a resource of the stack's account and region."""
    return f"arn:{partition()}:{service}:{own_region()}:{own_account()}:{resource}"


def bucket_arn(name: str) -> str:
    """Return the ARN of a bucket, or of its objects, by name."""
    return f"arn:{partition()}:s3:::{name}"


@cache
def through(service: str) -> str:
    """Return the value of kms:ViaService for requests that a service makes for a caller."""
    return f"{service}.{own_region()}.{cdk.Aws.URL_SUFFIX}"


def reference(construct: object) -> str:
    """Return jsii's reference of an object, unique as long as the object lives."""
    ref: str = construct.__jsii_ref__.ref  # type: ignore[attr-defined]  # jsii sets it
    return ref


@dataclass(frozen=True, slots=True)
class Home:
    """Where a stack is deployed; tokens where that is not known at synthesis."""

    account: str
    region: str


@dataclass(frozen=True)
class BucketFacts:
    """The properties of a bucket, each read on first use.

    Attributes:
        bucket: The construct.
    """

    bucket: s3.IBucket

    @cached_property
    def name(self) -> str:
        """Its name."""
        return self.bucket.bucket_name

    @cached_property
    def arn(self) -> str:
        """Its ARN."""
        return self.bucket.bucket_arn

    @cached_property
    def key(self) -> kms.IKey | None:
        """The key that it encrypts with by default, if it is known."""
        return self.bucket.encryption_key

    @cached_property
    def emptier(self) -> cdk.CustomResource | None:
        """What empties it on deletion, if something does."""
        if not isinstance(self.bucket, s3.Bucket):
            return None
        child = self.bucket.node.try_find_child(_EMPTIER_ID)
        return child if isinstance(child, cdk.CustomResource) else None

    @cached_property
    def region(self) -> str:
        """Where it is; a token if that is where its stack is."""
        return self._home.region

    @cached_property
    def account(self) -> str:
        """Whose it is; a token if it is its stack's."""
        return self._home.account

    @cached_property
    def _home(self) -> Home:
        home = self.bucket.env
        return Home(home.account, home.region)


# With the construct itself, so that jsii does not reuse its reference.
_buckets: dict[str, BucketFacts] = {}
_homes: dict[str, tuple[object, Home]] = {}
_names: dict[str, tuple[iam.IRole, str]] = {}
_arns: dict[str, tuple[iam.IRole | kms.IKey, str]] = {}
_seconds: dict[str, tuple[cdk.Duration, float]] = {}


def bucket_facts(bucket: s3.IBucket) -> BucketFacts:
    """Return what is known of a bucket."""
    known = _buckets.get(reference(bucket))
    if known is None:
        known = _buckets[reference(bucket)] = BucketFacts(bucket)
    return known


def home_of(stack: cdk.Stack) -> Home:
    """Return the account and region of a stack."""
    return Home(stack.account, stack.region)


def home_of_resource(resource: iam.IRole | kms.IKey) -> Home:
    """Return the account and region of a role or key, made or imported."""
    known = _homes.get(reference(resource))
    if known is None:
        home = resource.env
        known = _homes[reference(resource)] = (resource, Home(home.account, home.region))
    return known[1]


def is_looked_up_later(role: iam.IRole) -> bool:
    """Return whether the role is unknown until the CDK CLI has looked it up."""
    return role_arn(role).endswith(":role/DUMMY_ARN")


def role_arn(role: iam.IRole) -> str:
    """Return a role's ARN.

    Before a lookup has been made CDK gives an ARN with a region, which no role has and the rules
    would refuse; the CLI then makes the lookup and synthesizes again.
    """
    known = _arns.get(reference(role))
    if known is None:
        arn = _LOOKED_UP_LATER.sub(r"\1::\2", role.role_arn)
        known = _arns[reference(role)] = (role, arn)
    return known[1]


def role_name(role: iam.IRole) -> str:
    """Return a role's name."""
    known = _names.get(reference(role))
    if known is None:
        known = _names[reference(role)] = (role, role.role_name)
    return known[1]


def whole_seconds(duration: cdk.Duration) -> float:
    """Return a duration in seconds, a whole number or a token."""
    known = _seconds.get(reference(duration))
    if known is None:
        seconds = duration.to_seconds()
        known = (duration, seconds if is_token(seconds) else int(seconds))
        _seconds[reference(duration)] = known
    return known[1]


def key_arn(key: kms.IKey) -> str:
    """Return a key's ARN."""
    known = _arns.get(reference(key))
    if known is None:
        known = _arns[reference(key)] = (key, key.key_arn)
    return known[1]
