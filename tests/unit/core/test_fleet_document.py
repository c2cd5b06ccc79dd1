"""A fleet's document: its values put in, its text canonical, what is wrong told with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.fleet.document import DocumentError, FleetDocument
from reconciler.core.identity import Owner

ROLE = "arn:aws:iam::111122223333:role/neo"


def document(variables: dict[str, str], **request: Any) -> FleetDocument:
    whole = {
        "RoleArn": ROLE,
        "InputConfig": {"S3Uri": "s3://m/a.tar.gz", "Framework": "ONNX"},
        "OutputConfig": {"S3OutputLocation": "s3://o/x", "TargetDevice": "ml_c5"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 900},
    }
    for path, value in request.items():
        outer, _, inner = path.partition("__")
        if inner:
            whole[outer][inner] = value  # type: ignore[index]
        else:
            whole[outer] = value
    job = {"logicalName": "a", "request": whole, "revision": None, "exactOutput": False}
    return FleetDocument.of([job], variables)


def put(found: FleetDocument, **values: Any) -> dict[str, Any]:
    request: dict[str, Any] = found.resolved(values).jobs[0]["request"]
    return request


def test_a_value_is_put_in_whole_or_inside_a_text() -> None:
    found = document(
        {"role": "text", "bucket": "any"}, RoleArn="${var.role}",
        OutputConfig__S3OutputLocation="s3://${var.bucket}/x",
    )  # fmt: skip
    request = put(found, role="r", bucket="b")
    assert (request["RoleArn"], request["OutputConfig"]["S3OutputLocation"]) == ("r", "s3://b/x")


def test_numbers_are_numbers_again() -> None:
    found = document(
        {"n": "number", "s": "number"},
        InputConfig__DataInputConfig='{"data":[1,"${var.n}",224]}',
        StoppingCondition__MaxRuntimeInSeconds="${var.s}",
    )
    request = put(found, n="3", s="900")
    assert request["InputConfig"]["DataInputConfig"] == '{"data":[1,3,224]}'
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 900}


def test_a_text_inside_json_stays_a_text_whatever_it_holds() -> None:
    found = document({"t": "text"}, OutputConfig__CompilerOptions='{"a":"${var.t}"}')
    request = put(found, t='12"}')
    assert json.loads(request["OutputConfig"]["CompilerOptions"]) == {"a": '12"}'}


def test_a_list_is_put_in_whole() -> None:
    found = document({"n": "list"}, VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": "${var.n}"})
    assert put(found, n=["a", "b"])["VpcConfig"]["Subnets"] == ["a", "b"]


@pytest.mark.parametrize("variables", [{"role": "text"}, {}])
def test_a_reference_to_what_is_not_declared_is_refused(variables: dict[str, str]) -> None:
    """A job with it would be created, and read ``s3://${var.models}/a``."""
    found = document(variables, InputConfig__S3Uri="s3://${var.models}/a")
    with pytest.raises(DocumentError, match="job 'a': the variable 'models' is not declared"):
        put(found, role="r")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"s": "1"}, "the variable 'n' of the fleet has no value"),
        ({"s": "1", "n": "x"}, "job 'a': the variable 'n' must be a list"),
        ({"s": "soon", "n": []}, "MaxRuntimeInSeconds must be a whole number, got 'soon'"),
    ],
)
def test_a_wrong_value_is_told_with_its_place(values: dict[str, Any], words: str) -> None:
    found = document(
        {"n": "list", "s": "number"},
        VpcConfig={"SecurityGroupIds": [], "Subnets": "${var.n}"},
        StoppingCondition__MaxRuntimeInSeconds="${var.s}",
    )
    with pytest.raises(DocumentError, match=words):
        found.resolved(values)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "must be an object with schema 1"),
        ('{"schema": 2}', "schema 1"),
        ('{"schema": 1}', "must have a list of jobs"),
        ('{"schema": 1, "jobs": [1]}', r"jobs\[0\] must be an object"),
        ('{"schema": 1, "jobs": [{"request": {}}]}', r"jobs\[0\].logicalName"),
        ('{"schema": 1, "jobs": [], "variables": {"a": "date"}}', "variables.a is 'date'"),
        ('{"schema": 1, "jobs": [{"Declaration": "{"}]}', "not a job of neoctl build"),
    ],
)
def test_what_is_no_document_is_refused(text: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        FleetDocument.parse(text)


values = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(values, values)
def test_any_text_survives_the_document_and_its_json_fields(inside: str, outside: str) -> None:
    found = document(
        {"i": "text", "o": "any"}, OutputConfig__CompilerOptions='{"a":"x${var.i}"}',
        RoleArn="${var.o}",
    )  # fmt: skip
    again = FleetDocument.parse(found.text())
    request = put(again, i=inside, o=outside)
    assert request["RoleArn"] == outside
    assert json.loads(request["OutputConfig"]["CompilerOptions"]) == {"a": "x" + inside}


def test_tags_of_the_fleet_give_way_to_a_jobs_own() -> None:
    found = document({}, Tags=[{"Key": "team", "Value": "own"}])
    [declared] = found.declarations(Owner("abc"), (("team", "all"), ("x", "y")))
    assert dict(declared.request.tags) == {"team": "own", "x": "y"}


@pytest.mark.parametrize("exact", [True, False])
def test_a_job_of_an_older_build_keeps_its_exact_output(exact: bool) -> None:
    request = {"RoleArn": ROLE, "OutputConfig": {"S3OutputLocation": "s3://o"}}
    declaration = {"logicalName": "a", "request": request, "exactOutput": exact, "revision": "r"}
    jobs = [{"Declaration": json.dumps(declaration), "Tags": [{"Key": "k", "Value": "v"}]}]
    found = FleetDocument.parse(json.dumps({"schema": 1, "jobs": jobs}))
    [job] = found.jobs
    assert job == {
        "logicalName": "a", "request": {**request, "Tags": [{"Key": "k", "Value": "v"}]},
        "revision": "r", "exactOutput": exact,
    }  # fmt: skip
