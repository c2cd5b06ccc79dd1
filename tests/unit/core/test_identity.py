"""Job names: the service's pattern and length for every input, and back to their parts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.declaration import Declaration
from reconciler.core.identity import MAX_ATTEMPT, Identity, JobName, Owner, OwnerError, slug
from reconciler.core.request import JobRequest
from reconciler.rules import api
from tests.unit.core.strategies import a_declaration, a_request, declarations, logical_names, owners

VECTORS = Path(__file__).with_name("identity_vectors.json")
SERVICE = api.shape("EntityName")


@given(declarations, st.integers(0, MAX_ATTEMPT))
def test_every_name_is_one_that_the_service_takes(declaration: Declaration, attempt: int) -> None:
    name = str(declaration.identity.attempt(attempt))
    assert re.fullmatch(SERVICE["pattern"], name)
    assert SERVICE["min"] <= len(name) <= SERVICE["max"]
    assert name == name.lower()


@given(declarations, st.integers(0, MAX_ATTEMPT))
def test_a_name_splits_back_into_its_parts(declaration: Declaration, attempt: int) -> None:
    name = declaration.identity.attempt(attempt)
    assert JobName.parse(str(name)) == name


@given(st.text(max_size=80))
def test_parsing_any_text_gives_a_name_that_spells_the_same_or_none(text: str) -> None:
    name = JobName.parse(text)
    assert name is None or str(name) == text


@given(owners, owners, logical_names)
def test_no_owners_prefix_covers_another_owners_jobs(
    one: Owner, other: Owner, logical_name: str
) -> None:
    name = str(Identity(other, slug(logical_name, other), "a" * 12))
    assert name.startswith(one.prefix) == (one == other)


@pytest.mark.parametrize("name", ["", "ab", "a-b", "1abc", "Team", "a" * 21, "team_1"])
def test_an_owner_of_another_form_is_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(OwnerError, match="3 to 20 lower-case letters and digits"):
        Owner(name)


def test_a_stacks_owner_is_made_of_its_ids_guid() -> None:
    stack = "arn:aws-cn:cloudformation:cn-north-1:111122223333:stack/Edge/1A2B3C4D-0000-11f0-a"
    assert Owner.of_stack(stack) == Owner("s1a2b3c4d")


def test_what_is_no_stack_has_no_owner() -> None:
    with pytest.raises(OwnerError, match="not the ARN of a CloudFormation stack"):
        Owner.of_stack("arn:aws:sns:us-east-1:111122223333:topic")


@pytest.mark.parametrize(
    ("logical_name", "expected"),
    [
        ("Platform/Résnet50 für Jetson", "platform-resnet50-fur-jetson"),
        ("模型", "job"),
        ("--__--", "job"),
        ("Stack/" + "Very" * 20 + "/Resnet/JetsonNano", "ryveryveryveryveryvery-resnet-jetsonnano"),
    ],
)
def test_slugs_are_readable_and_keep_the_end(logical_name: str, expected: str) -> None:
    assert slug(logical_name, Owner("team")) == expected


def test_attempts_beyond_the_last_do_not_exist() -> None:
    with pytest.raises(ValueError, match="0 to 999"):
        a_declaration().identity.attempt(MAX_ATTEMPT + 1)


@given(declarations)
def test_settings_and_tags_never_change_the_identity(declaration: Declaration) -> None:
    settings = a_request(
        RoleArn="arn:aws:iam::111122223333:role/Another",
        VpcConfig={"SecurityGroupIds": ["sg-9"], "Subnets": ["subnet-9"]},
        StoppingCondition={"MaxRuntimeInSeconds": 77},
        Tags=[{"Key": "team", "Value": "vision"}],
    )
    kept = {
        path: value
        for path, value in declaration.request.values.items()
        if path.startswith(("InputConfig.", "OutputConfig.", "ModelPackage"))
    }
    own = {
        path: value
        for path, value in settings.values.items()
        if not path.startswith(("InputConfig.", "OutputConfig."))
    }
    request = JobRequest({**own, **kept})
    assert replace(declaration, request=request).identity == declaration.identity


@given(declarations, declarations)
def test_another_compilation_is_another_identity(one: Declaration, other: Declaration) -> None:
    other = replace(other, owner=one.owner, logical_name=one.logical_name)
    assert (one.identity == other.identity) == (one.fingerprint_fields == other.fingerprint_fields)


def test_the_text_of_json_fields_does_not_matter_its_meaning_does() -> None:
    def identity(inputs: str) -> Identity:
        config = {"S3Uri": "s3://m/m.tar.gz", "Framework": "ONNX", "DataInputConfig": inputs}
        return a_declaration(InputConfig=config).identity

    same = {
        identity('{"a":[1,3],"b":[1]}'),
        identity("{'b': [1], 'a': [1, 3]}"),
        identity(' { "b" : [1.0], "a" : [1, 3] }'),
    }
    assert len(same) == 1
    assert identity('{"a":[1,4],"b":[1]}') not in same


def test_the_order_of_pytorchs_inputs_is_part_of_their_meaning() -> None:
    def identity(inputs: str) -> Identity:
        config = {"S3Uri": "s3://m/m.tar.gz", "Framework": "PYTORCH", "DataInputConfig": inputs}
        return a_declaration(InputConfig=config).identity

    assert identity('{"input0":[1],"input1":[2]}') != identity('{"input1":[2],"input0":[1]}')


def test_a_trailing_slash_of_the_output_is_no_difference_unless_the_location_is_exact() -> None:
    def declared(location: str, *, exact: bool) -> Declaration:
        output = {"S3OutputLocation": location, "TargetDevice": "ml_c5"}
        return replace(a_declaration(OutputConfig=output), exact_output=exact)

    with_slash, without = "s3://artifacts/neo/", "s3://artifacts/neo"
    assert declared(with_slash, exact=False).identity == declared(without, exact=False).identity
    assert declared(with_slash, exact=True).identity != declared(without, exact=True).identity


def test_each_identity_writes_below_a_folder_of_its_own() -> None:
    declaration = a_declaration()
    expected = f"s3://artifacts/neo/{declaration.identity}/"
    sent = declaration.create_request("any", ())
    assert JobRequest.from_wire(sent).output_location == expected


def test_two_declarations_of_one_request_have_different_names() -> None:
    assert a_declaration("a").identity.id != a_declaration("b").identity.id


def test_names_are_the_same_as_in_every_earlier_release() -> None:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    assert len(vectors) >= 6
    for vector in vectors:
        declaration = Declaration(
            owner=Owner(vector["owner"]),
            logical_name=vector["logicalName"],
            request=JobRequest.from_wire(vector["request"]),
            revision=vector["revision"],
            exact_output=vector["exactOutput"],
        )
        assert str(declaration.identity) == vector["identity"]
        assert declaration.settings_digest == vector["settings"]


@pytest.mark.search
def test_the_identities_of_many_declarations_do_not_collide() -> None:
    request = a_request()
    seen = {Declaration(Owner("team"), f"job{n}", request).identity.id for n in range(20_000)}
    assert len(seen) == 20_000
