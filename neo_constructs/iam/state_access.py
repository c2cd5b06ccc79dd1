"""The permissions on a fleet's state, for all that take part in it: its functions, a pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from neo_constructs.iam.keys import key_use
from neo_constructs.iam.statements import Allow, allow
from neo_constructs.synth.jsii_cache import BucketFacts

DEFAULT_STATE_PREFIX: Final = "neo-fleets"
"""Below it a state bucket has the folders of fleets, unless another prefix is given."""


def key_prefix(given: str) -> str:
    """Return a prefix as keys begin with it: empty, or ending with one slash."""
    bare = given.strip("/")
    return f"{bare}/" if bare else ""


def write_state(bucket: BucketFacts, folders: Sequence[str]) -> list[Allow]:
    """Allow reading and writing the state of fleets, each in its folder."""
    actions = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    found = [allow(actions, _objects(bucket, folders), sid="State"), _list_state(bucket)]
    return found if bucket.key is None else [*found, key_use(bucket.key).read_write()]


def read_state(bucket: BucketFacts, folders: Sequence[str]) -> list[Allow]:
    """Allow reading the state of fleets, and nothing else."""
    found = [
        allow(["s3:GetObject"], _objects(bucket, folders), sid="State"), _list_state(bucket),
    ]  # fmt: skip
    return found if bucket.key is None else [*found, key_use(bucket.key).decrypt()]


def _list_state(bucket: BucketFacts) -> Allow:
    """Allow listing, which tells a missing object from a denied one; there S3 takes no prefix into
    account.
    """
    return allow(["s3:ListBucket"], [bucket.arn], sid="MissingOrDenied")


def _objects(bucket: BucketFacts, folders: Sequence[str]) -> list[str]:
    return [f"{bucket.arn}/{folder}*" for folder in folders]
