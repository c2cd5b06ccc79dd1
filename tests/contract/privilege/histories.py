"""Lives of jobs and fleets in which the functions make every call that they ever make."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from reconciler.core.objects import Stored
from reconciler.core.ports import ObjectHead, StackView
from reconciler.handler.cfn.answer import ResourceFailed
from tests.contract.privilege import recording
from tests.fakes.boto_client import FakeSageMakerClient
from tests.fakes.gateway import FakeArtifacts, FakeClock, FakeGateway, FakeStacks, at_once
from tests.fakes.object_reader import passed_through
from tests.fakes.sagemaker import Behaviour, FakeSageMaker, Script
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.faults import QUIET, Rates
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.simulation import EPOCH
from tests.simulation.cloudformation.stack import sibling
from tests.simulation.cloudformation.world import Json, Ports, World
from tests.simulation.fleet.test_schedule import upload
from tests.simulation.fleet.world import FleetWorld, jobs

DIGEST: Final = "0" * 64
TAGS: Final = {"a": "1", "b": "1"}


@contextmanager
def recorded() -> Iterator[set[recording.Call]]:
    """The calls that are made within; those of before are kept besides."""
    before = set(recording.CALLS)
    recording.CALLS.clear()
    made: set[recording.Call] = set()
    try:
        yield made
    finally:
        made |= recording.CALLS
        recording.CALLS.update(before)


def lives_of_jobs(node: NodeProvider) -> None:
    """In the model of CloudFormation, with the Provider framework's real JavaScript."""
    throttled = Rates(handler_throttled=0.3)  # what the framework waits after
    for rates, real_adapters in ((QUIET, False), (QUIET, True), (throttled, True)):
        world = World(1, node, our_handler, rates, real_adapters=real_adapters)
        _one_life(world)
        world.close()
    for declared in (f"sha256:{DIGEST}", "version:v1"):
        for models in ({_MODEL: ObjectHead(version_id="v1", sha256=DIGEST)}, {}):
            _checked_model(declared, models)


def _one_life(world: World) -> None:
    world.scripts.update(next=FOR_EVER)
    stack = world.create(neo("Model", tags=TAGS))
    world.settle()
    retagged = neo("Model", tags={"a": "2"})
    world.update(stack, retagged)
    world.settle()
    world.update(stack, neo("Model", "next", tags=TAGS), sibling("Other", 30, fails=True))
    world.settle()
    world.update(stack, neo("Model", "third", tags=TAGS))
    world.settle()
    for job in world.sagemaker.jobs:  # somebody empties the bucket
        job.artifact_removed = True
    world.update(stack, neo("Model", "third", tags={"c": "3"}))
    world.settle()
    world.scripts.update(hollow=Script(content=passed_through()))  # is compared with its model
    world.update(stack, neo("Model", "hollow", verify="warn"))
    world.settle()
    world.delete(stack)
    world.settle()
    assert stack.phase == "DELETE_COMPLETE"


_MODEL: Final = "s3://models/model.tar.gz"
_STACK: Final = "arn:aws:cloudformation:us-east-1:111122223333:stack/app/0a1b2c3d-1-2-3-4"


def _checked_model(revision: str, models: dict[str, ObjectHead]) -> None:
    """A Create of a job whose model has a declared content, there or not."""
    clock = FakeClock(EPOCH)
    sagemaker = FakeSageMaker(clock.seconds)
    ports = Ports(
        FakeGateway(sagemaker), FakeStacks(lambda _: StackView("CREATE_IN_PROGRESS", None)),
        FakeArtifacts(sagemaker, models=models), clock, FakeSageMakerClient(sagemaker), sagemaker,
        at_once,
    )  # fmt: skip
    sent = neo("Model").properties
    declaration = {**json.loads(sent["Declaration"]), "revision": revision}
    event: Json = {
        "RequestType": "Create", "RequestId": "r", "StackId": _STACK, "LogicalResourceId": "Model",
        "ResourceProperties": {
            **sent, "Declaration": json.dumps(declaration), "Wait": "false",
            "DeadlineSeconds": "3300",
        },
    }  # fmt: skip
    begun = {**event, **our_handler(ports, "on_event", event)}
    with suppress(ResourceFailed):
        our_handler(ports, "is_complete", begun)
    assert len(sagemaker.accepted()) == len(models)


def lives_of_fleets() -> None:
    """Deployments, a schedule with drift, uploads, and the end; models whose content is declared
    are there or not.
    """
    for models in (True, False):
        world = FleetWorld(Behaviour(names_reusable=True))
        if models:
            head = ObjectHead(sha256=DIGEST)
            world.models.update({each["request"]["InputConfig"]["S3Uri"]: head for each in jobs(3)})
        _one_fleet(world)
    _uploads(FleetWorld())
    hollow = FleetWorld()
    hollow.sagemaker.script_of = lambda request: Script(content=passed_through())
    asked = hollow.properties(jobs(1), Verify="warn", Wait="false")
    hollow.create(asked)
    hollow.clock.advance(600)
    hollow.schedule()
    hollow.update(hollow.properties(jobs(2), Verify="warn"), asked)
    empty = FleetWorld()
    empty.sagemaker.script_of = lambda request: Script(artifact_missing=True)
    empty.create(empty.properties(jobs(1), OnFailure="continue"))


def _one_fleet(world: FleetWorld) -> None:
    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    checked = [{**each, "revision": f"sha256:{DIGEST}"} for each in jobs(3)]
    settings = {"Prune": "true", "OnFailure": "continue"}
    first = world.properties(checked, Tags=tags, **settings)
    world.create(first)
    for job in world.sagemaker.jobs[:1]:  # somebody deletes a record
        job.deleted = world.clock.time
    world.schedule()
    retagged = {**first, "Tags": [{"Key": "a", "Value": "2"}]}
    world.update(retagged, first)
    second = world.properties(jobs(2, "n"), Tags=retagged["Tags"], **settings)
    world.update(second, retagged)
    world.update(retagged, second, "UPDATE_ROLLBACK_IN_PROGRESS")
    world.update(second, retagged)
    for job in world.sagemaker.jobs:
        job.tags.pop("a", None)
        job.tags["foreign"] = "1"
        job.artifact_removed = True
    world.schedule(refresh=True)
    world.sagemaker.script_of = lambda request: Script(running=200_000)
    ever = world.properties(jobs(3, "ever"), Wait="false", **settings)
    world.update(ever, second)
    _rogue(world)
    world.schedule(minutes=0)
    world.start("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")  # the fleet was taken out of its stack
    world.to_end(world.begin(world.event("Delete", ever)))


def _rogue(world: FleetWorld) -> None:
    """A live job of ours that nobody declared."""
    ours = world.sagemaker.jobs[-1]
    name = f"{ours.name.partition('-')[0]}-rogue-aaaaaaaaaaaa"
    tags = {**ours.tags, "neo:id": "aaaaaaaaaaaa", "neo:logical-name": "rogue"}
    request = {**ours.request, "CompilationJobName": name}
    request["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    world.sagemaker.add_job(request)


def _uploads(world: FleetWorld) -> None:
    world.status = "CREATE_COMPLETE"
    world.schedule()  # nothing was deployed yet
    place = {"Bucket": "assets", "Key": "specs.json"}
    first = world.properties([], Upload=place, Prune="true")
    world.create(first)
    world.schedule(upload=True)
    _upload(world, {"old": "1", "kept": "1"})
    world.schedule(upload=True)
    world.update({**first, "Tags": [{"Key": "x", "Value": "y"}]}, first)
    _upload(world, {"kept": "2"})
    world.schedule(upload=True)


def _upload(world: FleetWorld, tags: dict[str, str]) -> None:
    upload(world, ["a", "b"])
    stored = world.assets.objects["specs.json"]
    built = json.loads(stored.body)
    for job in built["jobs"]:
        job["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    world.assets.objects["specs.json"] = Stored(json.dumps(built).encode(), stored.version)
