"""Buckets of a fleet's state and of uploaded specs that belong to others."""

from __future__ import annotations

import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import CompilationFleet, ConstructError, ContinuousReconciliation
from tests.synthesis.annotations import warnings_of
from tests.synthesis.rendering import of_type, only, statements, template_of
from tests.synthesis.test_owners import OURS, THEIRS, bucket, new_stack, told


def test_the_owner_of_a_state_bucket_is_told_what_to_allow() -> None:
    stack = new_stack()
    CompilationFleet(stack, "Fleet", state_bucket=bucket(stack, account=THEIRS))
    [warning] = warnings_of(stack, "the state bucket their-bucket belongs to")
    objects, listing = told(warning)
    assert objects["Action"] == ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    assert objects["Resource"] == ["arn:aws:s3:::their-bucket/neo-fleets/*"]
    assert listing["Action"] == ["s3:ListBucket"]


def test_functions_expect_the_account_of_a_state_bucket() -> None:
    stack = new_stack()
    fleet = CompilationFleet(stack, "Fleet", state_bucket=bucket(stack, account=THEIRS))
    ContinuousReconciliation(stack, "Keeper", fleet=fleet)
    found = template_of(stack)
    fleet_properties = only(found, "Custom::NeoCompilationFleet")["Properties"]
    assert fleet_properties["State"]["BucketOwner"] == THEIRS
    functions = of_type(found, "AWS::Lambda::Function").values()
    variables = [
        each["Properties"].get("Environment", {}).get("Variables", {}) for each in functions
    ]
    assert [each["NEO_STATE_OWNER"] for each in variables if "NEO_OWNER" in each] == [THEIRS]


def test_a_state_bucket_of_another_region_is_refused() -> None:
    stack = new_stack()
    with pytest.raises(ConstructError, match=r"\[S/Fleet\] the state bucket is in us-east-1"):
        CompilationFleet(stack, "Fleet", state_bucket=bucket(stack, region="us-east-1"))


@pytest.mark.parametrize(
    ("other", "what"),
    [({"region": "us-east-1"}, "region us-east-1"), ({"account": THEIRS}, f"account {THEIRS}")],
)
def test_uploads_that_nobody_would_tell_of_are_refused(other: dict[str, str], what: str) -> None:
    stack = new_stack()
    fleet = CompilationFleet(stack, "Fleet")
    with pytest.raises(ConstructError, match=f"upload_bucket is in the {what} and this in"):
        ContinuousReconciliation(
            stack, "Keeper", fleet=fleet, upload_bucket=bucket(stack, **other)
        )  # fmt: skip


def test_state_and_uploads_may_be_under_a_key_that_is_known_by_its_alias() -> None:
    stack = new_stack()
    key = kms.Alias.from_alias_name(stack, "Key", "alias/state")
    keyed = s3.Bucket.from_bucket_attributes(
        stack, "Keyed", bucket_name="keyed", encryption_key=key
    )
    fleet = CompilationFleet(stack, "Fleet", state_bucket=keyed)
    ContinuousReconciliation(stack, "Keeper", fleet=fleet, upload_bucket=keyed)
    rights = [
        statement
        for _, statement in statements(template_of(stack))
        if "kms:" in str(statement["Action"])
    ]
    assert rights
    for right in rights:
        assert ":alias/" not in str(right["Resource"])
        assert f"{OURS}:key/*" in str(right["Resource"])
        assert right["Condition"]["ForAnyValue:StringEquals"] == {
            "kms:ResourceAliases": "alias/state"
        }
