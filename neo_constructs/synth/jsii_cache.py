"""Properties of constructs, read from jsii once: every call costs half a millisecond.

Values are text, tokens included, so they stay valid as long as the construct lives.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, wraps
from typing import Final, TypeVar

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import IConstruct, Node

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


_Object = TypeVar("_Object")
_Value = TypeVar("_Value")


def once(read: Callable[[_Object], _Value]) -> Callable[[_Object], _Value]:
    """Call a function of one jsii object once for each object.

    The object is kept with the value: jsii would give its reference to another object.
    """
    known: dict[str, tuple[_Object, _Value]] = {}

    @wraps(read)
    def cached(construct: _Object) -> _Value:
        name = reference(construct)
        if name not in known:
            known[name] = (construct, read(construct))
        return known[name][1]

    return cached


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
    def home(self) -> Home:
        """Where it is; tokens if that is where its stack is."""
        home = self.bucket.env
        return Home(home.account, home.region)


@once
def bucket_facts(bucket: s3.IBucket) -> BucketFacts:
    """Return what is known of a bucket."""
    return BucketFacts(bucket)


@once
def home_of(stack: cdk.Stack) -> Home:
    """Return the account and region of a stack."""
    return Home(stack.account, stack.region)


@once
def node_of(construct: IConstruct) -> Node:
    """Return the node of a construct."""
    return construct.node


@once
def home_of_resource(resource: iam.IRole | kms.IKey) -> Home:
    """Return the account and region of a role or key, made or imported."""
    home = resource.env
    return Home(home.account, home.region)


def is_looked_up_later(role: iam.IRole) -> bool:
    """Return whether the role is unknown until the CDK CLI has looked it up."""
    return role_arn(role).endswith(":role/DUMMY_ARN")


@once
def role_arn(role: iam.IRole) -> str:
    """Return a role's ARN.

    Before a lookup has been made CDK gives an ARN with a region, which no role has and the rules
    would refuse; the CLI then makes the lookup and synthesizes again.
    """
    return _LOOKED_UP_LATER.sub(r"\1::\2", role.role_arn)


@once
def role_name(role: iam.IRole) -> str:
    """Return a role's name."""
    return role.role_name


@once
def whole_seconds(duration: cdk.Duration) -> float:
    """Return a duration in seconds, a whole number or a token."""
    seconds = duration.to_seconds()
    return seconds if is_token(seconds) else int(seconds)


@once
def key_arn(key: kms.IKey) -> str:
    """Return a key's ARN."""
    return key.key_arn
