"""The custom resource's properties: as CloudFormation hands them on, strings all of them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.contract import MAX_DEADLINE
from reconciler.core.identity import Owner
from reconciler.core.request import RequestError
from reconciler.handler.cfn.properties import PropertiesError, deadline, destroys_records
from reconciler.handler.job.properties import decode, logical_name

OWNER = Owner("s1a2b3c4d")
REQUEST = {
    "RoleArn": "arn:aws:iam::111122223333:role/Neo",
    "InputConfig": {
        "S3Uri": "s3://m/m.tar.gz",
        "Framework": "ONNX",
        "DataInputConfig": '{"data":[0,3,224,224]}',
    },
    "OutputConfig": {"S3OutputLocation": "s3://o/p", "TargetDevice": "ml_c5"},
    "StoppingCondition": {"MaxRuntimeInSeconds": 900},
}


def properties(late: dict[str, object] | None = None, **more: object) -> dict[str, object]:
    document = {"schema": 1, "logicalName": "S/Job", "request": REQUEST, **more}
    return {"Declaration": json.dumps(document), "LateBound": late or {}}


def test_a_declaration_is_read_with_its_settings() -> None:
    given_properties = {
        **properties(revision="abc", policy={"retries": 3}),
        "Tags": [{"Key": "a", "Value": "b"}],
        "Wait": "false",
        "RemovalPolicy": "destroy",
        "DeadlineSeconds": "600",
        "OutputBucketOwner": "111122223333",
    }
    desired = decode(given_properties, OWNER)
    assert destroys_records(given_properties)
    assert deadline(given_properties) == timedelta(minutes=10)
    assert desired.declaration.logical_name == "S/Job"
    assert desired.declaration.revision == "abc"
    assert desired.declaration.request.tags == (("a", "b"),)
    assert desired.retries == 3
    assert not desired.wait
    assert desired.bucket_owner == "111122223333"


def test_what_is_left_out_is_the_safe_choice() -> None:
    desired = decode(properties(), OWNER)
    assert (desired.wait, desired.bucket_owner) == (True, None)
    assert not destroys_records(properties())
    assert deadline(properties()) == MAX_DEADLINE


def test_no_deadline_is_longer_than_fits_cloudformations_hour() -> None:
    assert deadline({**properties(), "DeadlineSeconds": "99999"}) == MAX_DEADLINE


def test_deploy_time_values_are_put_in_with_the_types_of_their_places() -> None:
    late: dict[str, object] = {
        "/RoleArn": "arn:aws:iam::111122223333:role/Late",
        "/OutputConfig/KmsKeyId": "key",
        "/VpcConfig/Subnets": ["subnet-1", "subnet-2"],
        "/VpcConfig/SecurityGroupIds": ["sg-1"],
        "/StoppingCondition/MaxRuntimeInSeconds": "1200",
        "/InputConfig/DataInputConfig#/data/0": "4",
        "#revision": "v7",
    }
    declaration = decode(properties(late), OWNER).declaration
    request = declaration.request.to_wire()
    assert request["RoleArn"] == late["/RoleArn"]
    assert request["VpcConfig"] == {
        "Subnets": ["subnet-1", "subnet-2"],
        "SecurityGroupIds": ["sg-1"],
    }
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 1200}
    assert request["InputConfig"]["DataInputConfig"] == '{"data":[4,3,224,224]}'  # type: ignore[index,call-overload]
    assert declaration.revision == "v7"


@given(st.text(min_size=1))
def test_deploy_time_text_of_any_kind_arrives_as_it_is(text: str) -> None:
    late: dict[str, object] = {"/InputConfig/DataInputConfig": text}
    wire = decode(properties(late), OWNER).declaration.request.to_wire()
    assert wire["InputConfig"]["DataInputConfig"] == text  # type: ignore[index,call-overload]


DATA = "/InputConfig/DataInputConfig#/data"


@pytest.mark.parametrize(
    ("late", "message"),
    [
        (
            {"/StoppingCondition/MaxRuntimeInSeconds": "soon"},
            r"StoppingCondition\.MaxRuntimeInSeconds must be a whole number, got 'soon'",
        ),
        ({"/InputConfig/Nope": "x"}, r"InputConfig: got 'Nope'|InputConfig\.Nope"),
        ({"RoleArn": "x"}, "'RoleArn' is not a JSON pointer"),
        ({f"{DATA}/9": "1"}, f"'{DATA}/9' = '1' does not fit the field's JSON"),
        ({f"{DATA}/0": "one"}, f"'{DATA}/0' = 'one' does not fit the field's JSON"),
        ({f"{DATA}/0": "nan"}, f"'{DATA}/0' = 'nan' does not fit the field's JSON"),
        ({"/RoleArn/x": "y"}, "'/RoleArn/x' points into a value that is not an object"),
    ],
)
def test_a_deploy_time_value_that_does_not_fit_is_refused_with_its_place(
    late: dict[str, object], message: str
) -> None:
    with pytest.raises((PropertiesError, RequestError), match=message):
        decode(properties(late), OWNER)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"Declaration": "{"},
        {"Declaration": "[]"},
        {"Declaration": '{"schema": 2}'},
        {"Declaration": '{"schema": 1, "request": []}'},
        {"Declaration": 7},
        {**properties(), "LateBound": "x"},
        {**properties(policy={"retries": 99})},
        {**properties(policy=[1])},
    ],
)
def test_other_properties_are_refused_without_a_traceback(broken: dict[str, object]) -> None:
    with pytest.raises((PropertiesError, RequestError)):
        decode(broken, OWNER)


def test_the_logical_name_is_read_even_where_the_rest_cannot_be() -> None:
    assert logical_name({"Declaration": '{"schema":1,"logicalName":"x","request":{}}'}) == "x"
    assert logical_name({"Declaration": "{"}) is None
