"""What is asked of other constructs, asked once: every question to jsii costs half a millisecond.

Answers are text, tokens included, so they stay true as long as the construct lives.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs.errors import ConstructError
from neo_constructs.tokens import is_token

_EMPTIER_ID: Final = "AutoDeleteObjectsCustomResource"


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
def through_s3() -> str:
    """What KMS calls requests that S3 makes for somebody."""
    return f"s3.{own_region()}.{cdk.Aws.URL_SUFFIX}"


def reference(construct: object) -> str:
    """What jsii calls this object; unique as long as the process lives."""
    ref: str = construct.__jsii_ref__.ref  # type: ignore[attr-defined]
    return ref


@dataclass(frozen=True, slots=True)
class BucketFacts:
    """A bucket in words.

    Attributes:
        key: The key that it encrypts with by default, if it is known.
        emptier: What empties it on deletion, if something does.
        region: Where it is; a token if that is where its stack is.
    """

    name: str
    arn: str
    key: kms.IKey | None
    emptier: cdk.CustomResource | None
    region: str


# With the construct itself, so that jsii does not give its reference to another one.
_buckets: dict[str, tuple[s3.IBucket, BucketFacts]] = {}
_arns: dict[str, tuple[iam.IRole | kms.IKey, str]] = {}


def bucket_facts(bucket: s3.IBucket) -> BucketFacts:
    """What is to be known about a bucket."""
    known = _buckets.get(reference(bucket))
    if known is None:
        emptier = bucket.node.try_find_child(_EMPTIER_ID)
        facts = BucketFacts(
            bucket.bucket_name, bucket.bucket_arn, bucket.encryption_key,
            emptier if isinstance(emptier, cdk.CustomResource) else None, bucket.env.region,
        )  # fmt: skip
        known = _buckets[reference(bucket)] = (bucket, facts)
    return known[1]


def role_arn(role: iam.IRole) -> str:
    """A role's ARN."""
    known = _arns.get(reference(role))
    if known is None:
        known = _arns[reference(role)] = (role, role.role_arn)
    return known[1]


def key_arn(key: kms.IKey) -> str:
    """A key's ARN."""
    known = _arns.get(reference(key))
    if known is None:
        known = _arns[reference(key)] = (key, key.key_arn)
    return known[1]


def check_region(path: str, place: BucketFacts, region: str, what: str) -> None:
    """Raise ConstructError if a bucket is known to be in another region than the job.

    Source: Neo's failure "Bucket <b> is in region <r> which is different from AWS Sagemaker
    service region".
    """
    if is_token(region) or is_token(place.region) or region == place.region:
        return
    raise ConstructError(
        path,
        f"the {what} bucket is in {place.region} and the job in {region}; Neo uses only buckets "
        "of its own region, so replicate the bucket or deploy the job there",
    )
