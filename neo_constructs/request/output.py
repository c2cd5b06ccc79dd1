"""The output of a job: bucket, prefix and key of its artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from neo_constructs.iam import statements
from neo_constructs.iam.keys import is_symmetric, key_use
from neo_constructs.iam.statements import Allow, allow
from neo_constructs.request.construct_ids import DEFAULT_BUCKET_ID
from neo_constructs.request.defaults import OUTPUT_PREFIX
from neo_constructs.request.job_arguments import RunArguments
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import BucketFacts, bucket_facts, key_arn, reference
from neo_constructs.synth.tokens import without_tokens
from reconciler.core.fields import KMS_KEY, OUTPUT_LOCATION
from reconciler.rules.s3_uri import is_iam_pattern

# jsii keeps no Python object alive.
_default_buckets: dict[str, s3.Bucket] = {}


@dataclass(frozen=True, slots=True)
class ArtifactLocation:
    """The location of compiled artifacts.

    Attributes:
        bucket: The bucket.
        prefix: The beginning of their keys.
        key: The key that encrypts them, if it is known and not the service's own.
    """

    bucket: s3.IBucket
    prefix: str
    key: kms.IKey | None

    def read(self) -> list[Allow]:
        """Allow reading the artifacts, and nothing else in the bucket."""
        objects = allow(["s3:GetObject"], [f"{bucket_facts(self.bucket).arn}/{self.prefix}*"])
        return [objects] if self.key is None else [objects, key_use(self.key).decrypt()]

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant reading the artifacts, and decrypting them if their key is not the bucket's."""
        granted = self.bucket.grant_read(grantee, f"{self.prefix}*")
        if self.key is None:
            return granted
        use, own = key_use(self.key), bucket_facts(self.bucket).key
        if use.alias is not None:  # which CDK grants only under a feature flag
            return granted.combine(use.decrypt().grant_to(grantee))
        if own is not None and reference(own) == reference(self.key):
            return granted
        return granted.combine(self.key.grant_decrypt(grantee))


@dataclass(frozen=True, slots=True)
class JobOutput:
    """A job's output.

    Attributes:
        bucket: The bucket.
        prefix: Empty, or ending with a slash.
        place: The properties of the bucket.
        key: The key of the artifact, or None for the service's own.
        is_exact: Whether artifacts are written to the prefix itself, not a folder below it.
        owner: What the names of those folders begin with.
    """

    bucket: s3.IBucket
    place: BucketFacts
    prefix: str
    key: kms.IKey | None
    is_exact: bool
    owner: str

    @property
    def written(self) -> str:
        """What the keys of all artifacts begin with, of this job and its other generations."""
        return self.prefix if self.is_exact else f"{self.prefix}{self.owner}-"

    def fields(self) -> dict[str, object]:
        """Return the fields of a request for this output."""
        return {
            OUTPUT_LOCATION: f"s3://{self.place.name}/{self.prefix}".rstrip("/"),
            KMS_KEY: None if self.key is None else key_arn(self.key),
        }

    def artifacts(self, prefix: str) -> ArtifactLocation:
        """Return the location of the artifacts below a prefix."""
        return ArtifactLocation(self.bucket, prefix, self.key)

    def grants(self) -> Sequence[Allow]:
        """Return what the job's role needs to write there."""
        written = statements.write_prefix(self.place.arn, self.prefix, self.written)
        if self.key is None:
            return written
        return [*written, *key_use(self.key).encrypt()]

    def needed(self) -> Sequence[IConstruct]:
        """Return what must exist before the job and as long as it.

        A bucket that empties itself on deletion may do so only when no job can write any more.
        """
        return [item for item in (self.key, self.place.emptier) if item is not None]


def job_output(
    stack: cdk.Stack, path: str, owner: str, arguments: RunArguments, is_exact: bool = False
) -> JobOutput:
    """Return the output that arguments ask for; the default key is the bucket's.

    Raises ConstructError for a prefix that a policy would take for a pattern.
    """
    bucket = arguments.get("output_bucket") or default_output_bucket(stack)
    bare = arguments.get("output_prefix", OUTPUT_PREFIX).strip("/")
    if is_iam_pattern(without_tokens(bare)):
        raise ConstructError(
            path,
            f"output_prefix is {bare!r}; *, ? and ${{ are patterns in IAM policies; name one "
            "folder",
        )
    place = bucket_facts(bucket)
    key = arguments.get("encryption_key") or place.key
    if key is not None and not is_symmetric(key):
        raise ConstructError(
            path, f"the key {key.node.path} is asymmetric; S3 encrypts with symmetric keys alone"
        )
    return JobOutput(bucket, place, f"{bare}/" if bare else "", key, is_exact, owner)


def default_output_bucket(stack: cdk.Stack) -> s3.Bucket:
    """Return the stack's own bucket for artifacts, made on the first call.

    Encrypted by S3, versioned, private, HTTPS only, and kept when the stack is deleted: artifacts
    are what was paid for.
    """
    known = reference(stack)
    if known not in _default_buckets:
        _default_buckets[known] = s3.Bucket(
            stack, DEFAULT_BUCKET_ID, encryption=s3.BucketEncryption.S3_MANAGED, versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL, enforce_ssl=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )  # fmt: skip
    return _default_buckets[known]
