"""``neoctl plan --app`` of fleets, compared with what the real handler's deployment then did."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import run
from reconciler.cli.options.outside import Outside
from reconciler.core.deployed_stack import DeployedStack
from reconciler.core.objects import Stored
from reconciler.core.ownership import LOGICAL_NAME
from tests.fakes.account_facts import FakeAccountFacts
from tests.fakes.deployed_stacks import FakeDeployedStacks
from tests.fakes.event_history import FakeHistory
from tests.fakes.gateway import FakeArtifacts, FakeGateway
from tests.fakes.job_logs import FakeJobLogs
from tests.fakes.sagemaker import ACCOUNT, REGION, Behaviour, Script
from tests.simulation.fleet.world import OWNER, STACK, FleetWorld, Json, job, jobs
from tests.unit.cli.deploying import write_assembly
from tests.unit.cli.planned import FakeAccount

Capture = pytest.CaptureFixture[str]
LONG = Script(running=200_000)


@dataclass(slots=True)
class FleetDeployment:
    """The stack App, whose fleet the real handler creates and updates."""

    world: FleetWorld = field(default_factory=lambda: FleetWorld(Behaviour(names_reusable=True)))
    stacks: FakeDeployedStacks = field(default_factory=FakeDeployedStacks)
    properties: Json = field(default_factory=dict)

    def create(self, properties: Json) -> None:
        self.world.create(properties)
        self._show(properties)

    def update(self, properties: Json) -> None:
        self.world.update(properties, self.properties)
        self._show(properties)

    def _show(self, properties: Json) -> None:
        self.properties = properties
        self.stacks.by_name["App"] = DeployedStack(
            STACK, "UPDATE_COMPLETE", {}, _template(properties), {"Fleet": OWNER}
        )

    def plan(self, capsys: Capture, properties: Json | None) -> list[dict[str, Any]]:
        """Return the actions of the plan of a deployment of these properties."""
        files = {}
        if properties is not None:
            document = properties["Document"]
            files[document["Digest"]] = self.world.assets.objects[document["Key"]].body
        path = write_assembly(Path("out"), _template(properties), files=files)
        before = len(self.world.sagemaker.accepted())
        capsys.readouterr()
        words = ["plan", "--app", path, "--format", "json"]
        code = run(words, Outside(self._connect, self.world.clock, lambda _: None, lambda: "id"))
        captured = capsys.readouterr()
        assert code == 0, captured.err
        assert len(self.world.sagemaker.accepted()) == before
        actions: list[dict[str, Any]] = json.loads(captured.out)["actions"]
        return actions

    def tags(self) -> dict[str, dict[str, str]]:
        """Return the tags of every job that has a record."""
        return {
            each.name: dict(each.tags) for each in self.world.sagemaker.jobs if each.deleted is None
        }

    def _connect(self, _access: object) -> FakeAccount:
        world = self.world
        return FakeAccount(
            ACCOUNT, REGION, FakeGateway(world.sagemaker), FakeArtifacts(world.sagemaker), world,
            FakeJobLogs(world.clock.seconds, world.travel), FakeAccountFacts(world.clock.now), {},
            FakeHistory(), self.stacks,
        )  # fmt: skip


def _template(properties: Json | None) -> Json:
    if properties is None:
        return {"Resources": {}}
    return {"Resources": {"Fleet": {"Type": "Custom::NeoCompilationFleet",
                                    "Properties": properties}}}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def fleet() -> FleetDeployment:
    return FleetDeployment()


def tagged(**tags: str) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


CHANGES: dict[str, tuple[list[Json], Json]] = {
    "nothing": (jobs(3), {}),
    "a job more": (jobs(4), {}),
    "a job less": (jobs(2), {}),
    "another model": ([*jobs(2), job("j002", "other")], {}),
    "everything": (jobs(3, "other"), {}),
    "tags": (jobs(3), {"Tags": tagged(team="audio", more="1")}),
    "no tags": (jobs(3), {"Tags": []}),
    "a setting of the fleet": (jobs(3), {"Wait": "false"}),
    "pruning": (jobs(2), {"Prune": "true"}),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("live", [False, True], ids=["compiled", "live"])
def test_a_plan_says_what_the_deployment_then_does(
    change: str, live: bool, fleet: FleetDeployment, capsys: Capture
) -> None:
    world = fleet.world
    if live:
        world.sagemaker.script_of = lambda request: LONG
    first = world.properties(jobs(3), Tags=tagged(team="vision"), Wait="false" if live else "true")
    fleet.create(first)
    declared, settings = CHANGES[change]
    after = {**first, "Document": world.publish(declared), **settings}
    planned = fleet.plan(capsys, after)
    before = fleet.tags()
    fleet.update(after)
    assert happened(before, fleet) == promised(planned)
    quiet = {"nothing", "a setting of the fleet"}
    quiet |= {"tags", "no tags"} if live else {"a job less", "pruning"}
    assert any(promised(planned).values()) == (change not in quiet)


def happened(before: dict[str, dict[str, str]], fleet: FleetDeployment) -> dict[str, Any]:
    """Return what was created, stopped, deleted and retagged."""
    after = fleet.tags()
    stopped = set(fleet.world.sagemaker.accepted("Stop"))
    return {
        "created": sorted(after.keys() - before.keys()),
        "stopped": sorted(stopped & before.keys()),
        "deleted": sorted(before.keys() - after.keys()),
        "retagged": sorted(
            name for name in before.keys() & after.keys() if before[name] != after[name]
        ),
    }


def promised(planned: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the same, as a plan says it."""

    def of(*kinds: str) -> list[str]:
        return sorted(each["job"] for each in planned if each["action"] in kinds)

    return {
        "created": of("create", "replace", "retry"), "stopped": of("stop"),
        "deleted": of("delete"), "retagged": of("retag"),
    }  # fmt: skip


def test_a_fleet_at_rest_is_planned_by_its_manifest(
    fleet: FleetDeployment, capsys: Capture
) -> None:
    first = fleet.world.properties(jobs(40))
    fleet.create(first)
    made = len(fleet.world.sagemaker.calls)
    after = {**first, "Document": fleet.world.publish(jobs(41))}
    planned = fleet.plan(capsys, after)
    assert [each["action"] for each in planned].count("keep") == 40
    calls = [each.operation for each in fleet.world.sagemaker.calls[made:]]
    assert set(calls) <= {"List"}


def test_a_fleet_that_is_taken_out_ends_with_its_jobs(
    fleet: FleetDeployment, capsys: Capture
) -> None:
    fleet.create(fleet.world.properties(jobs(2)))
    assert [each["action"] for each in fleet.plan(capsys, None)] == ["delete", "delete"]


def test_what_was_uploaded_stays_declared(fleet: FleetDeployment, capsys: Capture) -> None:
    world = fleet.world
    place = {"Bucket": "assets", "Key": "specs.json"}
    first = world.properties([], Upload=place)
    fleet.create(first)
    body = json.dumps({"schema": 1, "variables": {"role": "text"}, "jobs": jobs(2)})
    world.assets.objects["specs.json"] = Stored(body.encode(), "2")
    world.schedule(upload=True)
    planned = fleet.plan(capsys, {**first, "Tags": tagged(team="a")})
    assert sorted(each["action"] for each in planned) == ["retag", "retag"]
    names = {tags[LOGICAL_NAME] for tags in fleet.tags().values()}
    assert names == {each["logical_name"] for each in planned}
