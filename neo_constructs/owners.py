"""What belongs to another account or region than the stack: refused, allowed there, or told.

A region that differs is refused: Neo reads and writes only in its own. Another account's bucket
or key has to allow the stack's account itself. One that this app makes is made to; of an imported
one the statement that its owner has to add is told, as a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from neo_constructs import statements
from neo_constructs.errors import ConstructError
from neo_constructs.facts import BucketFacts, Home, home_of_resource, is_looked_up_later, reference
from neo_constructs.key_policies import leave_to_iam
from neo_constructs.keys import key_use
from neo_constructs.model_artifact import BoundModel
from neo_constructs.output import JobOutput
from neo_constructs.owner_statements import as_json, as_policy
from neo_constructs.statements import Allow, allow
from neo_constructs.tokens import is_token

_SAGEMAKER_ARN_PARTS: Final = 6


@dataclass(frozen=True, slots=True)
class _Asked:
    """For whom it is asked: the construct that is annotated, its path, and its stack's place."""

    scope: Construct
    path: str
    home: Home


def check_owners(
    scope: Construct,
    path: str,
    home: Home,
    *,
    model: BoundModel | None = None,
    output: JobOutput | None = None,
    role: iam.IRole | None = None,
    asked_before: set[str] | None = None,
) -> None:
    """See that a job can use what it names, wherever that belongs.

    Asks jsii nothing that is not remembered, as long as all is of the stack's own account.

    Args:
        scope: The construct that warnings are about.
        path: Its path, for errors.
        home: Where its stack is.
        model: What the job compiles.
        output: Where to.
        role: The role that it was given.
        asked_before: Buckets of models whose owner was asked already, for all objects at once: a
            fleet's ten thousand jobs are not to be told of one by one.

    Raises ConstructError for a bucket, key or model package of another region, and for a role of
    another account.
    """
    asked = _Asked(scope, path, home)
    if role is not None:
        _check_role(asked, role)
    if model is not None:
        _check_model(asked, model, asked_before)
    if output is not None:
        _check_output(asked, output)


def _check_role(asked: _Asked, role: iam.IRole) -> None:
    theirs = home_of_resource(role).account
    if is_token(theirs) or is_token(asked.home.account) or theirs == asked.home.account:
        return
    if is_looked_up_later(role):
        return
    raise ConstructError(
        asked.path,
        f"role is of account {theirs} and the job of {asked.home.account}; Neo assumes only roles "
        "of its own account (iam:PassRole reaches no other), so make one there, or leave role out",
    )


def _check_model(asked: _Asked, model: BoundModel, before: set[str] | None) -> None:
    if model.model_package_arn is not None:
        _check_package(asked, model.model_package_arn)
    if model.place is not None:
        if _was_asked(model.place, before):
            return
        _check_model_bucket(asked, model, model.place, is_fleet=before is not None)
    if model.key is not None:
        _check_key(asked, "model's key", model.key, [key_use(model.key).decrypt()])


def _check_model_bucket(
    asked: _Asked, model: BoundModel, place: BucketFacts, *, is_fleet: bool
) -> None:
    _check_region(asked, "model's bucket", place.region)
    if not _is_foreign(asked, place.account):
        return
    rights = [right for right in model.grants() if right.actions[0].startswith("s3:")]
    if is_fleet:
        reading = allow(["s3:GetObject"], [f"{place.arn}/*"])
        rights = [reading, *statements.list_and_locate(place.arn, "*")]
    _ask_bucket_owner(asked, "model's bucket", place, rights)


def _was_asked(place: BucketFacts, before: set[str] | None) -> bool:
    if before is None:
        return False
    known = reference(place.bucket)
    if known in before:
        return True
    before.add(known)
    return False


def _check_output(asked: _Asked, output: JobOutput) -> None:
    place = output.place
    _check_region(asked, "output bucket", place.region)
    if output.key is not None:
        _check_key(asked, "output key", output.key, key_use(output.key).encrypt())
    if _is_foreign(asked, place.account):
        written = f"{output.prefix}*"
        _ask_bucket_owner(asked, "output bucket", place, [
            allow(["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                  [f"{place.arn}/{written}"]),
            *statements.list_and_locate(place.arn, written),
        ])  # fmt: skip


def _check_package(asked: _Asked, arn: str) -> None:
    parts = arn.split(":", _SAGEMAKER_ARN_PARTS - 1)
    if is_token(arn) or len(parts) < _SAGEMAKER_ARN_PARTS:
        return
    _check_region(asked, "model package", parts[3])
    if _is_foreign(asked, parts[4]):
        right = statements.describe_model_package(arn)
        _warn(asked, "modelPackageOwner", (
            f"the model package belongs to account {parts[4]}; the policy of its model package "
            f"group has to allow the job's account: {as_json(asked.scope, asked.home, [right])}. "
            "The bucket of its model has to allow reading it as well"
        ))  # fmt: skip


def _check_region(asked: _Asked, what: str, region: str) -> None:
    """Source: Neo's failure "Bucket <b> is in region <r> which is different from AWS Sagemaker
    service region"."""
    here = asked.home.region
    if is_token(region) or region == here:
        return
    if is_token(here):
        _warn(asked, "regionUnknown", (
            f"the {what} is in {region}, and where the stack will be is not known at synthesis; "
            f"Neo uses only what is in its own region, so deploy the stack to {region} (and say so "
            f'with env=cdk.Environment(region="{region}"))'
        ))  # fmt: skip
        return
    raise ConstructError(
        asked.path,
        f"the {what} is in {region} and the job in {here}; Neo uses only buckets, keys and model "
        "packages of its own region, so replicate it or deploy the job there",
    )


def _check_key(asked: _Asked, what: str, key: kms.IKey, rights: Sequence[Allow]) -> None:
    home = home_of_resource(key)
    _check_region(asked, what, home.region)
    if not _is_foreign(asked, home.account):
        leave_to_iam(key, rights)
        return
    anywhere = [Allow(right.actions, ("*",), right.conditions) for right in rights]
    if _add(asked, anywhere, lambda policy: key.add_to_resource_policy(policy, True)):
        return
    _warn(asked, _id(what), (
        f"the {what} belongs to account {home.account}; {_unless(asked, home.account)}its policy "
        f"has to allow the job's account: {as_json(asked.scope, asked.home, anywhere)}"
    ))  # fmt: skip


def _ask_bucket_owner(
    asked: _Asked, what: str, place: BucketFacts, rights: Sequence[Allow]
) -> None:
    if _add(asked, rights, place.bucket.add_to_resource_policy):
        return
    key = "" if place.key is not None else (
        ". If a KMS key encrypts what is there, import the bucket with encryption_key=...: the "
        "role then may use it, and what the key's policy has to allow is told as well"
    )  # fmt: skip
    _warn(asked, _id(what), (
        f"the {what} {'' if is_token(place.name) else place.name + ' '}belongs to account "
        f"{place.account}; {_unless(asked, place.account)}its policy has to allow the job's "
        f"account: {as_json(asked.scope, asked.home, rights)}{key}"
    ))  # fmt: skip


def _add(
    asked: _Asked,
    rights: Sequence[Allow],
    add: Callable[[iam.PolicyStatement], iam.AddToResourcePolicyResult],
) -> bool:
    """Whether the resource's own policy now has these, as it can if this app makes it."""
    account = asked.home.account
    if is_token(account):
        return False
    return all(add(as_policy(right, account)).statement_added for right in rights)


def _is_foreign(asked: _Asked, account: str) -> bool:
    """Whether something is known to be of another account, or may be, since it says which."""
    return not is_token(account) and account != asked.home.account


def _unless(asked: _Asked, account: str) -> str:
    return f"unless the stack is deployed to {account}, " if is_token(asked.home.account) else ""


def _id(what: str) -> str:
    first, *rest = what.replace("'s", "").split()
    return "".join([first, *(word.capitalize() for word in rest), "Owner"])


def _warn(asked: _Asked, name: str, message: str) -> None:
    cdk.Annotations.of(asked.scope).add_warning_v2(f"neo:{name}", message)
