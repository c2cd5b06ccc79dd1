"""``neoctl publish``: specs, uploaded to a fleet whose real schedule takes them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.cli.main import run
from reconciler.cli.options.outside import Outside
from reconciler.cli.pipelines.publication import failures
from reconciler.core.fleet.manifest import UNVERIFIED, Manifest, ManifestEntry
from reconciler.core.ports import Denied
from tests.fakes.account_facts import FakeAccountFacts
from tests.fakes.deployed_stacks import FakeDeployedStacks
from tests.fakes.event_history import FakeHistory
from tests.fakes.gateway import FakeArtifacts, FakeGateway
from tests.fakes.job_logs import FakeJobLogs
from tests.fakes.sagemaker import ACCOUNT, REGION, Script
from tests.simulation.fleet.world import OWNER, FleetWorld
from tests.unit.cli.planned import FakeAccount, write_spec
from tests.unit.specs.fleets import FLEET

MANIFEST = f"s3://state/neo/{OWNER}/manifest.json"
TO = ("--to", "s3://assets/specs.json")
BROKEN = Script(outcome="FAILED", reason="ClientError: InputConfiguration: no such input")


@dataclass(slots=True)
class Publisher:
    """neoctl beside a fleet that takes uploads; its schedule runs while neoctl waits.

    Attributes:
        scheduled: Whether the schedule runs at all.
    """

    world: FleetWorld = field(default_factory=FleetWorld)
    scheduled: bool = True

    def __post_init__(self) -> None:
        place = {"Bucket": "assets", "Key": "specs.json"}
        self.world.create(self.world.properties([], Upload=place))

    def run(self, *words: str) -> int:
        return run([*words], Outside(self._connect, self.world.clock, self._pause, lambda: "id"))

    def _connect(self, _access: object) -> FakeAccount:
        world = self.world
        return FakeAccount(
            ACCOUNT, REGION, FakeGateway(world.sagemaker), FakeArtifacts(world.sagemaker), world,
            FakeJobLogs(world.clock.seconds, world.travel), FakeAccountFacts(world.clock.now), {},
            FakeHistory(), FakeDeployedStacks(),
        )  # fmt: skip

    def _pause(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        if self.scheduled:
            self.world.schedule(upload=True)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_spec()
    return tmp_path


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


def test_what_is_published_is_compiled_and_waited_for(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publisher.run("publish", "fleet.yaml", *TO, "--wait", MANIFEST) == 0
    assert capsys.readouterr().out == "Generation 2: 2 of 2 compiled.\n"
    assert set(publisher.world.manifest().jobs) == {"resnet18/ml_c5", "resnet18/LINUX_ARM64"}


def test_publishing_the_same_again_waits_for_no_new_generation(publisher: Publisher) -> None:
    for _ in range(2):
        assert publisher.run("publish", "fleet.yaml", *TO, "--wait", MANIFEST) == 0
    assert publisher.world.manifest().generation == 2


def test_without_wait_it_is_uploaded_and_no_more(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publisher.run("publish", "fleet.yaml", *TO) == 0
    assert "Published to s3://assets/specs.json." in capsys.readouterr().err
    body = json.loads(publisher.world.assets.objects["specs.json"].body)
    assert [each["logicalName"] for each in body["jobs"]] == [
        "resnet18/ml_c5", "resnet18/LINUX_ARM64",
    ]  # fmt: skip
    assert publisher.world.sagemaker.accepted() == []


def test_a_job_that_fails_fails_the_command_with_its_reason(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.world.sagemaker.script_of = lambda request: BROKEN
    assert publisher.run("publish", "fleet.yaml", *TO, "--wait", MANIFEST) == 1
    captured = capsys.readouterr()
    assert "no such input" in captured.out
    assert "2 jobs failed" in captured.err


def test_a_fleet_that_does_not_take_it_in_time_is_said(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.scheduled = False
    words = ("publish", "fleet.yaml", *TO, "--wait", MANIFEST, "--timeout", "60")
    assert publisher.run(*words) == 1
    assert "timed out after 60 s" in capsys.readouterr().err


def test_specs_with_errors_are_not_uploaded(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(Path("fleet.yaml").read_text().replace("ml_c5", "ml_nope1"))
    Path("policy.yaml").write_text("targets: [rasp3b]\n")
    for more in ((), ("--policy", "policy.yaml")):
        assert publisher.run("publish", "fleet.yaml", *TO, *more) == 1
    assert "specs.json" not in publisher.world.assets.objects


def test_specs_of_two_regions_are_not_published_to_one_fleet(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    for region in ("eu-west-1", "us-east-1"):
        write_spec(f"{FLEET}region: {region}\n", f"{region}.yaml")
    assert publisher.run("publish", "eu-west-1.yaml", "us-east-1.yaml", *TO) == 1
    assert "runs in one region, the specs name eu-west-1, us-east-1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "assets/specs.json"), "write s3://bucket/key"),
        (("--to", "s3://assets/folder/"), "write s3://bucket/key"),
        ((*TO, "--wait", "s3://state/neo/else.json"), "is no fleet's manifest"),
        ((*TO, "--wait", "s3://state/neo/X/manifest.json"), "is no fleet's manifest"),
        ((*TO, "--expected-bucket-owner", ""), "'' is not an account id"),
    ],
)
def test_a_place_that_is_none_is_refused_before_anything_is_uploaded(
    words: tuple[str, ...],
    said: str,
    publisher: Publisher,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert publisher.run("publish", "fleet.yaml", *words) == 1
    assert said in capsys.readouterr().err
    assert "specs.json" not in publisher.world.assets.objects


def test_a_bucket_alone_means_its_usual_key(publisher: Publisher) -> None:
    assert publisher.run("publish", "fleet.yaml", "--to", "s3://assets") == 0
    assert "neo-specs.json" in publisher.world.assets.objects


def test_what_is_denied_is_an_error(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(operation: str, number: int) -> None:
        raise Denied("AccessDenied", "s3:PutObject is not allowed")

    publisher.world.fault = refuse
    assert publisher.run("publish", "fleet.yaml", *TO) == 1
    assert "s3:PutObject is not allowed" in capsys.readouterr().err


def test_specs_go_to_no_bucket_of_another_account(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.world.assets.owner = "999999999999"
    words = ("publish", "fleet.yaml", *TO, "--expected-bucket-owner")
    assert publisher.run(*words, "111122223333") == 1
    assert "Access Denied" in capsys.readouterr().err
    assert "specs.json" not in publisher.world.assets.objects
    assert publisher.run(*words, "999999999999") == 0
    assert "specs.json" in publisher.world.assets.objects


def test_a_job_whose_artifact_is_not_what_was_ordered_is_a_failure() -> None:
    jobs = {
        "net": ManifestEntry("f-net-a", UNVERIFIED, reason="NEO902 uncompiled-artifact"),
        "warned": ManifestEntry("f-warned-a", "COMPLETED", reason="NEO912 unreadable-description"),
    }
    assert failures(Manifest("f", jobs=jobs)) == {"net": "NEO902 uncompiled-artifact"}
