"""The model assumes what the constructs really write: settings of the Provider, properties."""

from __future__ import annotations

import json
from typing import Any

import pytest

from neo_constructs import CompilationJob, Target
from tests.simulation.cloudformation.checking import assert_all_is_well
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.custom_resource import SERVICE_TIMEOUT
from tests.simulation.cloudformation.declaring import neo
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.provider_model import Settings
from tests.simulation.cloudformation.stack import Resource, sibling
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import JOB, Resolver, of_type, only, synthesized

ROLE = "arn:aws:iam::111122223333:role/job"
NOT_OURS = {"ServiceToken", "ServiceTimeout"}


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """The template of the smallest job."""
    return synthesized(
        lambda stack: CompilationJob(stack, "Job", model=model(stack), target=Target.ML_C5, **ONNX)
    )


@pytest.fixture
def properties(plain: dict[str, Any]) -> dict[str, Any]:
    """The smallest job's properties as CloudFormation sends them, our own only."""
    roles = {f"{name}.Arn": ROLE for name in of_type(plain, "AWS::IAM::Role")}
    sent = Resolver(roles).properties(only(plain, JOB))
    return {key: value for key, value in sent.items() if key not in NOT_OURS}


def test_the_provider_is_configured_as_it_is_modelled(plain: dict[str, Any]) -> None:
    machine = only(plain, "AWS::StepFunctions::StateMachine")["Properties"]["DefinitionString"]
    text = Resolver().resolve(machine)
    task = json.loads(text)["States"]["framework-isComplete-task"]
    (retry,) = task["Retry"]
    assert retry["ErrorEquals"] == task["Catch"][0]["ErrorEquals"] == ["States.ALL"]
    assert retry["BackoffRate"] == 1
    assert retry["IntervalSeconds"] == Settings().query_interval
    assert retry["MaxAttempts"] == Settings().max_attempts
    assert float(only(plain, JOB)["Properties"]["ServiceTimeout"]) == SERVICE_TIMEOUT
    timeouts = {
        function["Properties"]["Timeout"]
        for function in of_type(plain, "AWS::Lambda::Function").values()
        if function["Properties"]["Runtime"].startswith("python")
    }
    assert timeouts == {Settings().handler_timeout}


def test_the_modelled_properties_are_those_that_the_constructs_write(
    properties: dict[str, Any],
) -> None:
    modelled = neo("Model").properties
    assert set(properties) <= {*modelled, "OutputBucketOwner"}
    assert set(modelled) - set(properties) <= {"Tags"}, "there are none here"
    written = json.loads(properties["Declaration"])
    assert set(written) == set(json.loads(modelled["Declaration"]))


def test_a_job_as_the_constructs_write_it_lives_through_failure_and_success(
    make_world: MakeWorld, plain: dict[str, Any], properties: dict[str, Any]
) -> None:
    world = make_world(our_handler, real_adapters=True)
    failed = world.create(Resource("Job", properties), sibling("Other", 20, fails=True))
    world.settle()
    assert failed.phase == "ROLLBACK_COMPLETE"
    stack = world.create(Resource("Job", properties))
    world.settle()
    assert stack.phase == "CREATE_COMPLETE"
    (role,) = (each["Properties"] for each in of_type(plain, "AWS::IAM::Role").values()
               if "RoleName" in each["Properties"])  # fmt: skip
    passed = world.sagemaker.jobs[-1].request["RoleArn"]
    assert passed.rpartition("/")[2] == Resolver().resolve(role["RoleName"])
    world.delete(stack)
    world.settle()
    assert (stack.phase, world.sagemaker.live()) == ("DELETE_COMPLETE", [])
    assert_all_is_well(world)
