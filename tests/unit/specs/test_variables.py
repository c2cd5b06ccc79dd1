"""Variables: given from outside, declared in the file, and nothing else is replaced."""

from __future__ import annotations

import pytest

from reconciler.core.fleet.variables import has_reference, references_in
from tests.unit.specs.fleets import FLEET, found, loaded, places, requests

WITH_VARIABLES = FLEET.replace(
    "owner: vision\n",
    "owner: vision\nvariables:\n  bucket: {description: where models lie}\n  size: 224\n",
).replace("s3://example-bucket/models", "s3://${var.bucket}/models").replace(
    "[1, 3, 224, 224]", '[1, 3, "${var.size}", "${var.size}"]'
)  # fmt: skip


def test_a_value_from_outside_comes_before_the_default() -> None:
    jobs = requests(WITH_VARIABLES, variables={"bucket": "b", "size": "64"})
    source = jobs["resnet18/ml_c5"]["InputConfig"]
    assert source["S3Uri"] == "s3://b/models/resnet18.tar.gz"
    assert source["DataInputConfig"] == '{"input0":[1,3,64,64]}'


def test_a_reference_that_is_a_whole_value_has_the_variables_type() -> None:
    jobs = requests(WITH_VARIABLES, variables={"bucket": "b"})
    assert jobs["resnet18/ml_c5"]["InputConfig"]["DataInputConfig"] == '{"input0":[1,3,224,224]}'


def test_a_variable_without_a_value_is_a_mistake_where_it_is_used() -> None:
    assert ("NEO016", 9, 12) in places(WITH_VARIABLES)


def test_a_variable_that_is_not_declared_is_answered_with_the_nearest_one() -> None:
    hints = [
        item.finding.hint
        for item in found(WITH_VARIABLES.replace("${var.bucket}", "${var.buket}"))
        if item.finding.code == "NEO017"
    ]
    assert hints == ["Did you mean bucket?"]


@pytest.mark.parametrize("text", ["${var.bucket", "${var.}", "${var.my bucket}", "${var.1}"])
def test_a_malformed_reference_is_a_mistake(text: str) -> None:
    assert ("NEO015", 9, 12) in places(WITH_VARIABLES.replace("${var.bucket}", text))


def test_a_variable_that_nothing_uses_is_worth_knowing() -> None:
    text = FLEET.replace("owner: vision\n", "owner: vision\nvariables: {spare: 1}\n")
    assert ("NEO022", 3, 13) in places(text)


@pytest.mark.parametrize("text", ["$${var.x}", "$${Token[a.1]}", "${Token[a.1]}", "${AWS::Region}"])
def test_nothing_but_variables_is_replaced(text: str) -> None:
    jobs = requests(FLEET.replace("example-bucket/models", text))
    uri = jobs["resnet18/ml_c5"]["InputConfig"]["S3Uri"]
    assert uri == f"s3://{text.replace('$${', '${')}/resnet18.tar.gz"


def test_a_value_is_not_replaced_again() -> None:
    jobs = requests(WITH_VARIABLES, variables={"bucket": "${var.size}"})
    assert jobs["resnet18/ml_c5"]["InputConfig"]["S3Uri"].startswith("s3://${var.size}/")


LATE = """\
apiVersion: neo-as-code/v1
owner: vision
variables:
  role: {late: true}
  subnets: {late: true}
  seconds: {late: true}
  size: {late: true}
defaults:
  RoleArn: ${var.role}
  S3OutputLocation: s3://example-bucket/out/
  VpcConfig: {Subnets: "${var.subnets}", SecurityGroupIds: [sg-0123456789abcdef0]}
  StoppingCondition: {MaxRuntimeInSeconds: "${var.seconds}"}
models:
  a:
    S3Uri: s3://example-bucket/model.tar.gz
    Framework: PYTORCH
    DataInputConfig: {input0: [1, 3, "${var.size}", 224]}
    targets: [ml_c5]
"""


def test_late_variables_pass_the_rules_and_stay_references() -> None:
    assert found(LATE) == []
    [job] = loaded(LATE).jobs
    assert references_in(job.wire) == {"role", "subnets", "seconds", "size"}


def test_late_values_are_checked_when_they_are_real() -> None:
    variables = {"role": "nobody", "subnets": ["subnet-1"], "seconds": 0, "size": 0}
    codes = {code for code, *_ in places_with(variables)}
    assert codes == {"NEO105", "NEO106", "NEO107", "NEO304"}


def places_with(variables: dict[str, object]) -> list[tuple[str, int, int]]:
    from reconciler.specs.checking import check

    return [
        (item.finding.code, *item.position) for item in check(loaded(LATE, variables=variables))
    ]


def test_a_predicate_says_which_values_from_code_are_late() -> None:
    tokens: dict[str, object] = {
        "role": "${Token[role.1]}", "subnets": ["#{Token[subnets.2]}"],
        "seconds": -1.8881545897087e289, "size": -1.8881545897088e289,
    }  # fmt: skip

    def is_token(value: object) -> bool:
        if isinstance(value, (list, tuple)):
            return any(isinstance(item, str) and "Token[" in item for item in value)
        return (isinstance(value, str) and "Token[" in value) or (
            isinstance(value, float) and value < -1e280
        )

    result = loaded(LATE, variables=tokens, is_deploy_time=is_token)
    assert result.problems == []
    wire = result.jobs[0].wire
    assert wire["RoleArn"] == "${Token[role.1]}"
    assert wire["StoppingCondition"] == {"MaxRuntimeInSeconds": -1.8881545897087e289}


@pytest.mark.parametrize(
    ("value", "late"),
    [("${var.a}", True), ("x${var.a}", True), ("${var.}", False), (["${var.a}"], True), (7, False)],
)
def test_a_reference_is_known_by_its_form(value: object, late: bool) -> None:
    assert has_reference(value) is late
