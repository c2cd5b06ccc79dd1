"""Checks of resources that belong to another account or region than the stack.

A region that differs is refused: Neo reads and writes only in its own. Another account's bucket
or key has to allow the stack's account itself. One that this app makes is made to; of an imported
one a warning shows the statement that its owner has to add.
"""

from __future__ import annotations

from typing import Final

from aws_cdk import aws_iam as iam
from constructs import Construct

from neo_constructs.cross_account.resource_checks import (
    Asked,
    ask_bucket_owner,
    check_key,
    check_region,
    is_foreign,
    warn,
)
from neo_constructs.cross_account.resource_policies import as_json
from neo_constructs.iam import statements
from neo_constructs.iam.assumable import check_trust
from neo_constructs.iam.keys import key_use
from neo_constructs.iam.statements import allow
from neo_constructs.request.output import JobOutput
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import (
    BucketFacts,
    Home,
    home_of_resource,
    is_looked_up_later,
    reference,
)
from neo_constructs.synth.tokens import is_token
from neo_constructs.vocabulary.model_artifact import BoundModel

_SAGEMAKER_ARN_PARTS: Final = 6


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

    Makes no uncached call to jsii as long as everything is of the stack's own account.

    Args:
        scope: The construct that warnings are about.
        path: Its path, for errors.
        home: Where its stack is.
        model: What the job compiles.
        output: Where to.
        role: The role that it was given.
        asked_before: Buckets of models whose owner was asked already, for all objects at once: a
            fleet's ten thousand jobs do not get a warning each.

    Raises ConstructError for a bucket, key or model package of another region, and for a role of
    another account. At synthesis, a role that
    SageMaker may not assume is refused.
    """
    asked = Asked(scope, path, home)
    if role is not None:
        _check_role(asked, role)
        check_trust(path, role)
    if model is not None:
        _check_model(asked, model, asked_before)
    if output is not None:
        _check_output(asked, output)


def check_state(scope: Construct, path: str, home: Home, place: BucketFacts, prefix: str) -> None:
    """See that a fleet's functions can use its state bucket; raises ConstructError as above."""
    asked = Asked(scope, path, home)
    is_of_another = _is_of_another_account(asked, "state bucket", place)
    if place.key is not None:
        check_key(asked, "state key", place.key, [key_use(place.key).read_write()])
    if is_of_another:
        objects = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        ask_bucket_owner(asked, "state bucket", place, [
            allow(objects, [f"{place.arn}/{prefix}*"]), allow(["s3:ListBucket"], [place.arn]),
        ])  # fmt: skip


def refuse_uploads_elsewhere(path: str, home: Home, place: BucketFacts) -> None:
    """Raise ConstructError for a bucket that is known to be of another account or region."""
    for what, theirs, ours in (
        ("account", place.home.account, home.account), ("region", place.home.region, home.region),
    ):  # fmt: skip
        if theirs != ours and not is_token(theirs) and not is_token(ours):
            raise ConstructError(
                path,
                f"upload_bucket is in the {what} {theirs} and this in {ours}; EventBridge reports "
                "an upload only in the bucket's own, so have specs uploaded (or replicated) here",
            )


def _is_of_another_account(asked: Asked, what: str, place: BucketFacts) -> bool:
    """Return whether a bucket is another account's; raise ConstructError for another region."""
    if place.home == asked.home:  # nearly always, tokens included
        return False
    check_region(asked, what, place.home.region)
    return is_foreign(asked, place.home.account)


def _check_role(asked: Asked, role: iam.IRole) -> None:
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


def _check_model(asked: Asked, model: BoundModel, before: set[str] | None) -> None:
    if model.model_package_arn is not None:
        _check_package(asked, model.model_package_arn)
    if model.place is not None:
        if _was_asked(model.place, before):
            return
        _check_model_bucket(asked, model, model.place, is_fleet=before is not None)
    if model.key is not None:
        check_key(asked, "model's key", model.key, [key_use(model.key).decrypt()])


def _check_model_bucket(
    asked: Asked, model: BoundModel, place: BucketFacts, *, is_fleet: bool
) -> None:
    if not _is_of_another_account(asked, "model's bucket", place):
        return
    rights = [right for right in model.grants() if right.actions[0].startswith("s3:")]
    if is_fleet:
        reading = allow(["s3:GetObject"], [f"{place.arn}/*"])
        rights = [reading, *statements.list_and_locate(place.arn, "*")]
    ask_bucket_owner(asked, "model's bucket", place, rights)


def _was_asked(place: BucketFacts, before: set[str] | None) -> bool:
    if before is None:
        return False
    known = reference(place.bucket)
    if known in before:
        return True
    before.add(known)
    return False


def _check_output(asked: Asked, output: JobOutput) -> None:
    place = output.place
    is_of_another = _is_of_another_account(asked, "output bucket", place)
    if output.key is not None:
        check_key(asked, "output key", output.key, key_use(output.key).encrypt())
    if is_of_another:
        written = f"{output.prefix}*"
        ask_bucket_owner(asked, "output bucket", place, [
            allow(["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                  [f"{place.arn}/{written}"]),
            *statements.list_and_locate(place.arn, written),
        ])  # fmt: skip


def _check_package(asked: Asked, arn: str) -> None:
    parts = arn.split(":", _SAGEMAKER_ARN_PARTS - 1)
    if is_token(arn) or len(parts) < _SAGEMAKER_ARN_PARTS:
        return
    check_region(asked, "model package", parts[3])
    if is_foreign(asked, parts[4]):
        right = statements.describe_model_package(arn)
        warn(asked, "modelPackageOwner", (
            f"the model package belongs to account {parts[4]}; the policy of its model package "
            f"group has to allow the job's account: {as_json(asked.scope, asked.home, [right])}. "
            "The bucket of its model has to allow reading it as well"
        ))  # fmt: skip
