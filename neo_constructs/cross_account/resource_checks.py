"""Checks of one resource's account and region against the stack's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from neo_constructs.cross_account.resource_policies import as_json, as_policy
from neo_constructs.iam.key_policies import leave_to_iam
from neo_constructs.iam.statements import Allow
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import BucketFacts, Home, home_of_resource
from neo_constructs.synth.tokens import is_token


@dataclass(frozen=True, slots=True)
class Asked:
    """The construct that needs a resource: to annotate, to name in errors, and where it is."""

    scope: Construct
    path: str
    home: Home


def check_region(asked: Asked, what: str, region: str) -> None:
    """Raise ConstructError for another region; warn if it is not known whether it is another.

    Source: Neo's failure "Bucket <b> is in region <r> which is different from AWS Sagemaker
    service region".
    """
    here = asked.home.region
    if is_token(region) or region == here:
        return
    if is_token(here):
        warn(asked, "regionUnknown", (
            f"the {what} is in {region}, and where the stack will be is not known at synthesis; "
            f"Neo uses only what is in its own region, so deploy the stack to {region} (and say so "
            f'with env=cdk.Environment(region="{region}"))'
        ))  # fmt: skip
        return
    raise ConstructError(
        asked.path,
        f"the {what} is in {region} and the job in {here}; Neo, and its reconciler, use only "
        "buckets, keys and model packages of their own region, so replicate it or deploy the job "
        "there",
    )


def check_key(asked: Asked, what: str, key: kms.IKey, rights: Sequence[Allow]) -> None:
    """See that a key's policy leaves these rights to IAM, or allows them to the stack's account.

    Raises ConstructError for a key of another region.
    """
    home = home_of_resource(key)
    check_region(asked, what, home.region)
    if not is_foreign(asked, home.account):
        leave_to_iam(key, rights)
        return
    anywhere = [Allow(right.actions, ("*",), right.conditions) for right in rights]
    if _add(asked, anywhere, lambda policy: key.add_to_resource_policy(policy, True)):
        return
    warn(asked, _id(what), (
        f"the {what} belongs to account {home.account}; {unless(asked, home.account)}its policy "
        f"has to allow the job's account: {as_json(asked.scope, asked.home, anywhere)}"
    ))  # fmt: skip


def ask_bucket_owner(asked: Asked, what: str, place: BucketFacts, rights: Sequence[Allow]) -> None:
    """Have another account's bucket allow these, or tell what its policy lacks."""
    if _add(asked, rights, place.bucket.add_to_resource_policy):
        return
    key = "" if place.key is not None else (
        ". If a KMS key encrypts what is there, import the bucket with encryption_key=...: the "
        "role then may use it, and what the key's policy has to allow is reported as well"
    )  # fmt: skip
    owner = place.home.account
    warn(asked, _id(what), (
        f"the {what} {'' if is_token(place.name) else place.name + ' '}belongs to account "
        f"{owner}; {unless(asked, owner)}its policy has to allow the job's "
        f"account: {as_json(asked.scope, asked.home, rights)}{key}"
    ))  # fmt: skip


def _add(
    asked: Asked,
    rights: Sequence[Allow],
    add: Callable[[iam.PolicyStatement], iam.AddToResourcePolicyResult],
) -> bool:
    """Add permissions to the resource's own policy; return whether this app could."""
    account = asked.home.account
    if is_token(account):
        return False
    return all(add(as_policy(right, account)).statement_added for right in rights)


def is_foreign(asked: Asked, account: str) -> bool:
    """Return whether an account is, or may be, another than the stack's."""
    return not is_token(account) and account != asked.home.account


def unless(asked: Asked, account: str) -> str:
    """Return the condition under which nothing need be allowed, if that is unknown."""
    return f"unless the stack is deployed to {account}, " if is_token(asked.home.account) else ""


def _id(what: str) -> str:
    first, *rest = what.replace("'s", "").split()
    return "".join([first, *(word.capitalize() for word in rest), "Owner"])


def warn(asked: Asked, name: str, message: str) -> None:
    """Annotate with a warning that can be acknowledged by its name."""
    cdk.Annotations.of(asked.scope).add_warning_v2(f"neo:{name}", message)
