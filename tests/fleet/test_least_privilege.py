"""What a fleet's functions call, against what their policies allow: nothing more, nothing less."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk

from neo_constructs import CompilationFleet, ContinuousReconciliation, Target
from tests.constructs.conftest import ONNX, model
from tests.constructs.rendering import statements
from tests.fakes.sagemaker import Script
from tests.fleet.test_constructs import actions_of, rendered
from tests.fleet.world import FleetWorld, jobs

# The actions of calls that are not called like their action.
NAMED = {
    "HeadObject": "s3:GetObject", "GetObject": "s3:GetObject", "PutObject": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject", "DescribeStacks": "cloudformation:DescribeStacks",
    "DescribeStackResource": "cloudformation:DescribeStackResource",
}  # fmt: skip
# Allowed without a call: what calls bring about, and what tells missing from denied.
BROUGHT_ABOUT = {
    "iam:PassRole", "logs:CreateLogStream", "logs:PutLogEvents", "s3:ListBucket",
    "sqs:SendMessage",
}  # fmt: skip


def plain(stack: cdk.Stack) -> None:
    fleet = CompilationFleet(stack, "Fleet")
    fleet.add_job("a", model=model(stack), target=Target.ML_C5, **ONNX)
    ContinuousReconciliation(stack, "Keep", fleet=fleet, refresh=True)


def called(world: FleetWorld, since: int) -> set[str]:
    """The actions of the calls that were made since."""
    return {NAMED.get(name, f"sagemaker:{name}") for name in world.calls[since:]}


def allowed(template: dict[str, Any], *policies: str) -> set[str]:
    return {action for policy in policies for action in actions_of(template, policy)}


def test_functions_may_do_exactly_what_they_call() -> None:
    template, _ = rendered(plain)
    world = FleetWorld()
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}]
    first = world.properties(jobs(3), Tags=tags, Prune="true")
    world.create(first)
    retagged = {**first, "Tags": [{"Key": "a", "Value": "2"}]}
    world.update(retagged, first)
    second = world.properties(jobs(2, "n"), Tags=[{"Key": "a", "Value": "2"}], Prune="true")
    world.update(second, retagged)
    world.update(first, second)
    world.sagemaker.script_of = lambda request: Script(running=200_000)
    third = world.properties(jobs(3, "ever"), Wait="false", Prune="true")
    world.update(third, first)

    since = len(world.calls)
    world.sagemaker.jobs[0].tags.pop("a", None)
    world.sagemaker.script_of = lambda request: Script()
    world.sagemaker.jobs[-1].stop(world.clock.time)
    world.schedule(refresh=True)
    by_schedule = called(world, since)

    world.start("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")  # the fleet was taken out of its stack
    world.to_end(world.begin(world.event("Delete", third)))
    by_deployment = called(world, 0)
    provider = ("FleetProviderIsComplete", "FleetProviderObjects", "FleetProviderPermissions")
    assert allowed(template, *provider) - BROUGHT_ABOUT == by_deployment
    keeper = ("KeepPolicy", "KeepObjects", "KeepPermissions")
    missing = by_schedule - allowed(template, *keeper)
    assert missing == set()


def test_the_function_that_begins_reads_the_stacks_phase_alone() -> None:
    template, _ = rendered(plain)
    assert allowed(template, "FleetProviderOnEvent") - BROUGHT_ABOUT == {
        "cloudformation:DescribeStacks"
    }


def test_no_function_may_make_log_groups() -> None:
    template, _ = rendered(plain)
    for name, statement in statements(template):
        if not name.startswith("FleetJobPermissions"):
            assert "logs:CreateLogGroup" not in str(statement["Action"]), name
