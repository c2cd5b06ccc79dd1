"""Constructs and Lambdas hold to one contract: what is written is read, and is stated once."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    ContinuousReconciliation,
    ModelArtifact,
    Target,
    Verify,
)
from reconciler.core import contract, metric_names
from reconciler.core.identity import Owner
from reconciler.handler.cfn.properties import deadline, destroys_records
from reconciler.handler.fleet.properties import decode_fleet
from reconciler.handler.job.properties import decode
from tests.paths import ROOT
from tests.synthesis.conftest import ONNX
from tests.synthesis.rendering import OWNER, STACK_ID, Resolver, of_type, only, synthesized

CLOUDFORMATIONS_OWN = {"ServiceToken", "ServiceTimeout"}
ACCOUNT = "111122223333"


class Recorded(dict[str, object]):
    """Properties that note which of them are asked for."""

    def __init__(self, properties: dict[str, object]) -> None:
        super().__init__(properties)
        self.read: set[str] = set()

    def get(self, key: str, default: object = None) -> Any:
        self.read.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> object:
        self.read.add(key)
        return super().__getitem__(key)


def everything(stack: cdk.Stack) -> None:
    """A job and a fleet with a schedule, every optional property given."""
    bucket = s3.Bucket(stack, "Bucket")
    size = cdk.Token.as_number({"Ref": "AWS::NoValue"})
    trained = ModelArtifact.from_bucket(bucket, "m.tar.gz", object_version=cdk.Aws.STACK_NAME)
    job = CompilationJob(
        stack, "Job", model=trained, target=Target.ML_C5, output_bucket_owner=ACCOUNT,
        retries=size, verify=Verify.WARN, **ONNX,  # type: ignore[arg-type]
    )  # fmt: skip
    theirs = s3.Bucket.from_bucket_attributes(
        stack, "Theirs", bucket_name="their-bucket", account=ACCOUNT
    )
    fleet = CompilationFleet(
        stack, "Fleet", output_bucket_owner=ACCOUNT, state_bucket=theirs, state_prefix="fleets",
        verify=Verify.FAIL,
    )  # fmt: skip
    fleet.add_job("m", model=trained, target=Target.ML_C5, **ONNX)
    for each in (job, fleet):
        cdk.Tags.of(each).add("team", "vision")
    ContinuousReconciliation(
        stack, "Keep", fleet=fleet, topic=sns.Topic(stack, "Topic"), upload_bucket=bucket,
        event_bus=events.EventBus.from_event_bus_name(stack, "Bus", "default"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return synthesized(everything)


def sent(template: dict[str, Any], kind: str) -> Recorded:
    properties = Resolver().properties(only(template, kind))
    return Recorded({key: properties[key] for key in properties.keys() - CLOUDFORMATIONS_OWN})


def test_a_jobs_properties_are_written_and_read(template: dict[str, Any]) -> None:
    properties = sent(template, contract.JOB_RESOURCE)
    assert properties.keys() == contract.JOB_PROPERTIES
    properties[contract.LATE_BOUND][contract.RETRIES_POINTER] = "1"  # type: ignore[index]
    decode(properties, Owner(OWNER))
    deadline(properties)
    destroys_records(properties)
    assert properties.read == contract.JOB_PROPERTIES


def test_a_declarations_keys_are_the_contracts(template: dict[str, Any]) -> None:
    properties = sent(template, contract.JOB_RESOURCE)
    assert json.loads(str(properties[contract.DECLARATION])).keys() == contract.DECLARATION_KEYS
    beside = {key for key in properties[contract.LATE_BOUND] if key[0] == "#"}  # type: ignore[attr-defined]
    assert beside == {contract.REVISION_POINTER, contract.RETRIES_POINTER}


def test_a_fleets_properties_are_written_and_read(template: dict[str, Any]) -> None:
    properties = sent(template, contract.FLEET_RESOURCE)
    assert properties.keys() == contract.FLEET_PROPERTIES
    decode_fleet(properties, STACK_ID)
    assert properties.read == contract.FLEET_PROPERTIES


def test_a_schedules_environment_is_written_and_read(template: dict[str, Any]) -> None:
    written: set[str] = set()
    for function in of_type(template, "AWS::Lambda::Function").values():
        variables = function["Properties"].get("Environment", {}).get("Variables", {})
        written |= {name for name in variables if name.startswith("NEO_")}
    assert written == contract.ENVIRONMENT
    used = names_used(ROOT / "reconciler/handler/fleet_schedule.py")
    assert {name for name in vars(contract) if name.startswith("ENV_")} <= used


def test_the_entry_points_exist(template: dict[str, Any]) -> None:
    handlers = {
        function["Properties"]["Handler"]
        for function in of_type(template, "AWS::Lambda::Function").values()
        if function["Properties"]["Runtime"].startswith("python")
    }
    assert len(handlers) == 5
    for handler in handlers:
        module, _, function = handler.rpartition(".")
        source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        body = ast.parse(source).body
        assert function in {node.name for node in body if isinstance(node, ast.FunctionDef)}


STATING = {"contract.py", "metric_names.py", "__init__.py"}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if path.name not in STATING)


def names_used(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name)
    }


ALSO_AWS_WORDS = {
    contract.TAGS, contract.BUCKET, contract.KEY, contract.FAILED, contract.PENDING,
    contract.DOCUMENT, contract.STATE, contract.UPLOAD, *contract.JOB_ATTRIBUTES,
}  # fmt: skip


METRICS = {
    value
    for name, value in vars(metric_names).items()
    if isinstance(value, str) and name.startswith(("JOBS_", "RECORDS_", "FAILURES_", "COMPILE_"))
}


def test_nothing_of_the_contract_is_stated_a_second_time() -> None:
    """Names that are also AWS's own, or ids of constructs, cannot be told from those."""
    stated = (
        contract.JOB_PROPERTIES
        | contract.FLEET_PROPERTIES
        | contract.ENVIRONMENT
        | {*contract.FLEET_ATTRIBUTES, contract.JOB_RESOURCE, contract.FLEET_RESOURCE}
        | {contract.REVISION_POINTER, contract.RETRIES_POINTER}
        | METRICS
    ) - ALSO_AWS_WORDS
    again = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value!r}"
        for path in sources("neo_constructs", "reconciler")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in stated
    ]
    assert again == []
