"""The location of a fleet's state: desired generation, documents, manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from neo_constructs.cross_account.checks import check_state
from neo_constructs.iam.keys import key_use
from neo_constructs.iam.state_access import DEFAULT_STATE_PREFIX, key_prefix, write_state
from neo_constructs.iam.statements import Allow, allow
from neo_constructs.request.fleet_arguments import FleetArguments
from neo_constructs.synth.jsii_cache import bucket_facts, home_of
from neo_constructs.synth.tokens import is_token
from reconciler.core import contract

_KEPT_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class FleetStatePlace:
    """Bucket and folder of one fleet's state.

    Attributes:
        prefix: Empty, or ending with a slash; the folder below it is called as the owner.
        bucket_owner: The account that the bucket belongs to, if that is not the stack's.
    """

    bucket: s3.IBucket
    prefix: str
    owner: str
    bucket_owner: str | None = None

    @property
    def folder(self) -> str:
        """What the keys of all its objects begin with."""
        return contract.state_folder(self.prefix, self.owner)

    def to_property(self) -> dict[str, object]:
        """Return the custom resource's property."""
        place: dict[str, object] = {
            contract.BUCKET: bucket_facts(self.bucket).name,
            contract.PREFIX: self.prefix,
        }
        return {**place, contract.BUCKET_OWNER: self.bucket_owner} if self.bucket_owner else place

    def read_write(self) -> list[Allow]:
        """Allow the reconciler to read and write state."""
        return write_state(bucket_facts(self.bucket), [self.folder])

    def read(self, name: str) -> list[Allow]:
        """Allow reading one of its objects."""
        place = bucket_facts(self.bucket)
        found = [allow(["s3:GetObject"], [f"{place.arn}/{self.folder}{name}"])]
        if place.key is None:
            return found
        return [*found, key_use(place.key).decrypt()]


def fleet_state(
    fleet: Construct, path: str, owner: str, arguments: FleetArguments
) -> FleetStatePlace:
    """Return the location that arguments ask for; raise ConstructError for an unusable bucket."""
    given = arguments.get("state_bucket")
    prefix = key_prefix(arguments.get("state_prefix", DEFAULT_STATE_PREFIX))
    if given is None:
        bucket = _state_bucket(fleet, arguments.get("state_encryption_key"))
        return FleetStatePlace(bucket, prefix, owner)
    home, place = home_of(cdk.Stack.of(fleet)), bucket_facts(given)
    check_state(fleet, path, home, place, prefix)
    theirs = place.home.account
    is_foreign = theirs != home.account and not is_token(theirs)
    return FleetStatePlace(given, prefix, owner, theirs if is_foreign else None)


def _state_bucket(scope: Construct, key: kms.IKey | None) -> s3.Bucket:
    """Make a bucket for state: encrypted by KMS, private, TLS only, versioned, kept when its stack
    is deleted (the fleet deletes its objects; old versions expire after 30 days).
    """
    return s3.Bucket(
        scope, "State", versioned=True, enforce_ssl=True, minimum_tls_version=1.2,
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.KMS_MANAGED,
        encryption_key=key, bucket_key_enabled=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        removal_policy=cdk.RemovalPolicy.RETAIN,
        lifecycle_rules=[
            s3.LifecycleRule(
                noncurrent_version_expiration=cdk.Duration.days(_KEPT_DAYS),
                expired_object_delete_marker=True,
            )
        ],
    )  # fmt: skip
