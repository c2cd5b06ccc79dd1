"""Documents, requests and values that are broken or of an older form: what is said of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.core.completion import Failed, completion
from reconciler.core.contract import MAX_JOBS
from reconciler.core.deploy_time import DeployTimeError, resolve
from reconciler.core.fleet.document import DocumentError, FleetDocument
from reconciler.core.identity import MAX_ATTEMPT
from reconciler.core.json_pointer import steps_of
from reconciler.core.observed import JobStatus
from reconciler.core.operation import Memory, Operation, PlanOptions
from reconciler.core.plan import Defer, Reject
from reconciler.core.planner import plan
from reconciler.core.request import JobRequest, RequestError
from tests.unit.core.strategies import BEGAN, a_declaration, a_job, a_request

DECLARED = a_declaration()
REQUEST = {"InputConfig": {"S3Uri": "s3://m/${var.model}.tar.gz"}}


def bundled(**more: Any) -> dict[str, Any]:
    """A job of a build's older form."""
    declaration = {"logicalName": "a", "request": REQUEST, "revision": "r1"}
    return {"Declaration": json.dumps(declaration), **more}


def parsed(*jobs: object) -> FleetDocument:
    return FleetDocument.parse(json.dumps({"schema": 1, "jobs": list(jobs)}))


def test_a_build_of_the_older_form_is_read_with_its_late_values_and_variables() -> None:
    tags = [{"Key": "team", "Value": "vision"}]
    found = parsed(bundled(Tags=tags, LateBound={"/RoleArn": "${var.role}"}))
    assert found.variables == {"model": "any", "role": "any"}
    assert found.jobs == (
        {
            "logicalName": "a",
            "request": {**REQUEST, "Tags": tags, "RoleArn": "${var.role}"},
            "revision": "r1",
            "exactOutput": False,
        },
    )


@pytest.mark.parametrize(
    "broken", [{"Declaration": "{"}, {"Declaration": "{}"}, bundled(LateBound={"x": 1}), 7]
)
def test_a_broken_job_of_the_older_form_is_named_by_its_place(broken: object) -> None:
    with pytest.raises(DocumentError, match=r"jobs\[1\] is not a job of neoctl build"):
        parsed(bundled(), broken)


@pytest.mark.parametrize(
    ("jobs", "variables", "words"),
    [
        ([{}] * (MAX_JOBS + 1), {}, f"at most {MAX_JOBS} are allowed"),
        ([{"request": {}}], {}, r"jobs\[0\].logicalName must be text"),
        ([{"logicalName": "a"}], {}, r"jobs\[0\] must be an object with a request"),
        ([{"logicalName": "a", "request": {}, "x": 1}], {}, "unknown key 'x'"),
        ([], {"role": "secret"}, "variables.role is 'secret'"),
    ],
)
def test_what_is_not_a_document_is_refused_with_its_place(
    jobs: list[dict[str, Any]], variables: dict[str, str], words: str
) -> None:
    with pytest.raises(DocumentError, match=words):
        FleetDocument.of(jobs, variables)


def in_json(kind: str, value: object) -> object:
    """Return a value as it stands inside the text of CompilerOptions."""
    request = {"OutputConfig": {"CompilerOptions": '{"level": "${var.level}"}'}}
    job = {"logicalName": "a", "request": request}
    [resolved] = FleetDocument.of([job], {"level": kind}).resolved({"level": value}).jobs
    return json.loads(resolved["request"]["OutputConfig"]["CompilerOptions"])["level"]


@pytest.mark.parametrize(
    ("kind", "value", "put_in"),
    [
        ("any", "29", 29),
        ("any", "r29", "r29"),
        ("any", "nan", "nan"),
        ("text", "29", "29"),
        ("number", "1.5", 1.5),
        ("list", ["1", "two"], [1, "two"]),
    ],
)
def test_a_value_inside_json_has_the_type_that_its_variable_has(
    kind: str, value: object, put_in: object
) -> None:
    assert in_json(kind, value) == put_in


def test_a_number_that_is_none_is_refused_by_the_variables_name() -> None:
    with pytest.raises(DocumentError, match="the variable 'level' must be a number, got 'high'"):
        in_json("number", "high")


def test_a_request_without_the_structures_that_hold_json_is_resolved_too() -> None:
    job = {"logicalName": "a", "request": {"RoleArn": "${var.role}"}}
    [resolved] = FleetDocument.of([job], {"role": "text"}).resolved({"role": "r"}).jobs
    assert resolved["request"] == {"RoleArn": "r"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"RoleArn": "r"}, "'RoleArn' is not a JSON pointer"),
        ({"/RoleArn/Name": "r"}, "points into a value that is not an object"),
        ({"/OutputConfig/CompilerOptions#/level": "1e999"}, "does not fit the field's JSON"),
        ({"/OutputConfig/CompilerOptions#/other": "1"}, "does not fit the field's JSON"),
        ({"/StoppingCondition/MaxRuntimeInSeconds": "soon"}, "must be a whole number, got 'soon'"),
    ],
)
def test_a_deploy_time_value_that_does_not_fit_is_refused_with_its_pointer(
    values: dict[str, object], words: str
) -> None:
    request = {
        "RoleArn": "arn",
        "OutputConfig": {"CompilerOptions": '{"level": 0}'},
        "StoppingCondition": {},
    }
    with pytest.raises(DeployTimeError, match=words):
        resolve(request, values)


def test_a_pointer_begins_with_a_slash() -> None:
    assert steps_of("/a~1b/c") == ["a/b", "c"]
    with pytest.raises(ValueError, match="'a' is not a JSON pointer"):
        steps_of("a")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"StoppingCondition": {"MaxRuntimeInSeconds": True}}, "MaxRuntimeInSeconds"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": "900"}}, "MaxRuntimeInSeconds"),
        ({"Tags": "team"}, "Tags"),
        ({"Tags": ["team"]}, r"Tags\[0\]"),
        ({"Tags": [{"Key": "a", "Value": "b", "Note": "c"}]}, r"Tags\[0\].Note"),
    ],
)
def test_a_request_of_a_shape_that_the_api_does_not_have_is_refused_with_its_place(
    changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(RequestError, match=place):
        JobRequest.from_wire({**a_request().to_wire(), **changes})


def test_a_refused_request_is_a_failure_with_the_reason() -> None:
    refused = Reject(DECLARED, DECLARED.identity.attempt(0), "the role does not exist")
    assert completion(refused) == Failed("the role does not exist")


def test_a_declaration_whose_names_are_all_taken_waits() -> None:
    taken = {str(DECLARED.identity.attempt(n)): BEGAN for n in range(MAX_ATTEMPT + 1)}
    memory = Memory(now=BEGAN.replace(year=BEGAN.year + 1), taken=taken)
    operation = Operation("op-1", BEGAN)
    [decision] = plan([DECLARED], [], operation, PlanOptions(), memory).decisions
    assert isinstance(decision, Defer)
    assert "names are taken" in decision.reason


def test_a_job_with_a_name_of_another_form_is_not_looked_at() -> None:
    foreign = replace(a_job(DECLARED, JobStatus.INPROGRESS), name="somebody-elses")
    chosen = plan([], [foreign], Operation("op-1", BEGAN), PlanOptions(prune=True))
    assert chosen.actions == ()
