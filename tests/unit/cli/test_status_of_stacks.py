"""``neoctl status --stack``: the jobs of what was deployed, single ones and those of fleets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.fleets.rows import JobLabel
from reconciler.cli.fleets.stack_subject import _row_of_entry
from reconciler.cli.fleets.status import JobState
from reconciler.core import contract
from reconciler.core.declaration import Declaration
from reconciler.core.deployed_stack import DeployedStack
from reconciler.core.fleet.generation import FleetGeneration
from reconciler.core.fleet.manifest import CONFLICT, REFUSED, UNVERIFIED, ManifestEntry
from reconciler.core.identity import Owner
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.operation import Operation
from reconciler.core.ports import Denied
from reconciler.engine.lease import NoLease
from reconciler.engine.ports import Ports
from reconciler.engine.reconcile import DesiredState, PassOptions, Reconciler
from reconciler.engine.state import FleetState
from tests.fakes.gateway import FakeArtifacts, FakeGateway
from tests.fakes.sagemaker import REGION, Script
from tests.unit.cli.creating import create
from tests.unit.cli.planned import Terminal
from tests.unit.specs.fleets import FLEET, loaded

STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/Edge/1a2b3c4d-0000"
JOBS = FLEET.replace("owner: vision", "owner: s1a2b3c4d")
FLEET_OWNER = Owner("f1a2b3c4dabcdef")
FOLDER = f"fleets/{FLEET_OWNER.name}/"
CREATE_FAILED = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"
FLEET_PROPERTIES = {
    contract.OWNER_SUFFIX: "abcdef",
    contract.STATE: {contract.BUCKET: {"Ref": "StateBucket"}, contract.PREFIX: "fleets/"},
}


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal()


def deploy(
    terminal: Terminal, name: str, resources: dict[str, tuple[str, str, dict[str, Any]]]
) -> None:
    """Deploy a stack of resources: type, physical id and properties by logical id."""
    template = {
        "Resources": {
            logical_id: {"Type": kind, "Properties": properties}
            for logical_id, (kind, _, properties) in resources.items()
        }
    }
    physical = {logical_id: each[1] for logical_id, each in resources.items() if each[1]}
    terminal.stacks.by_name[name] = DeployedStack(
        STACK_ID, "UPDATE_COMPLETE", {}, template, physical
    )


def jobs(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], *words: str
) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert terminal.run("status", "--stack", "Edge", "--format", "json", *words) == 0
    return {job["logical_name"]: job for job in json.loads(capsys.readouterr().out)["jobs"]}


def job_resource(declaration: Declaration, physical_id: str) -> tuple[str, str, dict[str, Any]]:
    """Return a CompilationJob's resource, as its construct writes it."""
    document = {
        contract.SCHEMA: contract.DECLARATION_SCHEMA,
        contract.LOGICAL_NAME: declaration.logical_name,
        contract.REQUEST: declaration.request.to_wire(),
    }
    return contract.JOB_RESOURCE, physical_id, {contract.DECLARATION: json.dumps(document)}


def test_single_jobs_are_found_by_their_resources_nested_stacks_too(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (job.declaration() for job in loaded(JOBS).jobs)
    nested = f"{STACK_ID}/nested"
    deploy(
        terminal, "Edge",
        {
            "One": job_resource(first, str(first.identity)),
            "Nested": ("AWS::CloudFormation::Stack", nested, {}),
            "Bucket": ("AWS::S3::Bucket", "bucket", {}),
        },
    )  # fmt: skip
    deploy(terminal, nested, {"Two": job_resource(second, str(second.identity))})
    found = jobs(terminal, capsys)
    assert {name: job["state"] for name, job in found.items()} == {
        "resnet18/LINUX_ARM64": "not-created", "resnet18/ml_c5": "not-created",
    }  # fmt: skip
    terminal.sagemaker.script_of = lambda request: Script(outcome="FAILED", reason="ServerError: x")
    create(terminal.sagemaker, JOBS)
    terminal.let_all_end()
    terminal.sagemaker.script_of = lambda request: Script()
    create(terminal.sagemaker, JOBS)
    terminal.let_all_end()
    terminal.operations()
    found = jobs(terminal, capsys)
    assert {job["state"] for job in found.values()} == {"completed"}
    assert found["resnet18/ml_c5"]["job"] == f"{first.identity}-r1"
    assert terminal.operations() == ["List"]


@pytest.mark.parametrize(
    "physical_id", ["", "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"]
)
def test_a_resource_whose_creation_failed_is_found_by_its_declaration(
    terminal: Terminal, physical_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    declaration = loaded(JOBS).jobs[0].declaration()
    deploy(terminal, "Edge", {"One": job_resource(declaration, physical_id)})
    assert jobs(terminal, capsys)["resnet18/ml_c5"]["job"] == str(declaration.identity)
    run_fleet(terminal, physical_id)
    assert len(jobs(terminal, capsys)) == 2


def test_a_name_that_only_a_deployment_knows_is_the_physical_id(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    declaration = loaded(JOBS).jobs[0].declaration()
    kind, physical_id, properties = job_resource(declaration, str(declaration.identity))
    late = {contract.LATE_BOUND: {"/InputConfig/S3Uri": {"Fn::GetAtt": ["Model", "Uri"]}}}
    deploy(terminal, "Edge", {"One": (kind, physical_id, {**properties, **late})})
    assert jobs(terminal, capsys)["resnet18/ml_c5"]["job"] == str(declaration.identity)
    deploy(terminal, "Edge", {"One": (kind, "", {**properties, **late})})
    assert terminal.run("status", "--stack", "Edge") == 1
    assert "One: its job's name cannot be found" in capsys.readouterr().err


def run_fleet(terminal: Terminal, physical_id: str = FLEET_OWNER.name) -> FleetState:
    """Let a fleet make a pass, which writes its manifest; return its state."""
    text = FLEET.replace("owner: vision", f"owner: {FLEET_OWNER.name}")
    declarations = tuple(job.declaration() for job in loaded(text).jobs)
    state = FleetState(terminal.buckets.bucket("state"), FOLDER, FLEET_OWNER)
    ports = Ports(
        gateway=FakeGateway(terminal.sagemaker), artifacts=FakeArtifacts(terminal.sagemaker),
        clock=terminal.clock, pause=terminal.clock.advance,
        progress=lambda event, **fields: None,
    )  # fmt: skip
    now = terminal.clock.now()
    desired = DesiredState(FLEET_OWNER, declarations, Operation("deploy", now), REGION)
    options = PassOptions(until=now + timedelta(minutes=5))
    Reconciler(ports, NoLease(), state).reconcile(desired, options)
    deploy(
        terminal, "Edge",
        {
            "Fleet": (contract.FLEET_RESOURCE, physical_id, FLEET_PROPERTIES),
            "StateBucket": ("AWS::S3::Bucket", "state", {}),
        },
    )  # fmt: skip
    return state


def test_a_fleets_jobs_are_those_of_its_manifest_with_the_states_of_now(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    run_fleet(terminal)
    terminal.let_all_end()
    found = jobs(terminal, capsys)
    assert {job["state"] for job in found.values()} == {"completed"}
    assert found["resnet18/ml_c5"]["artifact"] == ""
    run_fleet(terminal)
    terminal.operations()
    found = jobs(terminal, capsys)
    assert found["resnet18/ml_c5"]["artifact"].endswith("resnet18-ml_c5.tar.gz")
    assert terminal.operations() == ["List"]


def test_what_failed_is_explained_by_the_manifest_without_a_describe(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = "ClientError: InputConfiguration: Input input0 has wrong shape in Input Shape"
    terminal.sagemaker.script_of = lambda request: Script(outcome="FAILED", reason=reason)
    run_fleet(terminal)
    terminal.let_all_end()
    run_fleet(terminal)
    terminal.operations()
    found = jobs(terminal, capsys)
    assert found["resnet18/ml_c5"]["failure"]["name"] == "wrong-input-shape"
    assert terminal.operations() == ["List"]


def test_an_artifact_that_the_fleet_missed_is_missing(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.sagemaker.script_of = lambda request: Script(artifact_missing=True)
    run_fleet(terminal)
    terminal.let_all_end()
    run_fleet(terminal)
    found = jobs(terminal, capsys)
    assert {job["state"] for job in found.values()} == {"artifact-missing"}


@pytest.mark.parametrize(
    ("status", "state"),
    [(REFUSED, "refused"), (CONFLICT, "conflict"), ("PENDING", "not-created")],
)
def test_what_was_never_created_says_why(
    terminal: Terminal, status: str, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = run_fleet(terminal)
    manifest = stored.manifest()
    entry = ManifestEntry(f"{FLEET_OWNER.name}-x-aaaaaaaaaaaa", status, reason="so it is")
    stored.write_manifest(replace(manifest, jobs={"m/ml_c5": entry}))
    job = jobs(terminal, capsys)["m/ml_c5"]
    assert job["state"] == state
    assert "so it is" in (job["note"], (job["failure"] or {}).get("reason"))


def test_waiting_for_a_fleet_reads_its_manifest_each_time(terminal: Terminal) -> None:
    run_fleet(terminal)
    terminal.meanwhile = lambda: run_fleet(terminal) and None
    assert terminal.run("wait", "--stack", "Edge", "--interval", "30") == 0


def test_a_generation_without_a_pass_keeps_a_wait_waiting(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    state = run_fleet(terminal)
    terminal.let_all_end()
    now = terminal.clock.now()
    state.write_generation(FleetGeneration(1, "deploy-2", now, document=""))
    found = jobs(terminal, capsys)
    assert found[""]["state"] == "unknown"
    assert "generation 1 has had no pass yet" in found[""]["note"]
    assert terminal.run("wait", "--stack", "Edge", "--timeout", "60") == 2
    state.write_manifest(replace(state.manifest(), generation=1))
    assert terminal.run("wait", "--stack", "Edge") == 0


@pytest.mark.parametrize(
    "resources",
    [
        {},
        {"Topic": ("AWS::SNS::Topic", "t", {})},
        {"Fleet": (contract.FLEET_RESOURCE, "f1a2b3c4dx", FLEET_PROPERTIES)},
        {"Fleet": (contract.FLEET_RESOURCE, "f1a2b3c4dx", {})},
        {"Fleet": (contract.FLEET_RESOURCE, "", {contract.OWNER_SUFFIX: "No Owner"})},
        {"One": (contract.JOB_RESOURCE, "s1a2b3c4d-x-aaaaaaaaaaaa", {contract.DECLARATION: "{"})},
    ],
)
def test_a_stack_without_jobs_or_without_a_known_state_is_an_error(
    terminal: Terminal,
    resources: dict[str, tuple[str, str, dict[str, Any]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    deploy(terminal, "Edge", resources)
    assert terminal.run("status", "--stack", "Edge") == 1
    assert terminal.run("status", "--stack", "None") == 1
    assert terminal.run("status", "--stack", "Edge", "--name", "x") == 1
    assert "Traceback" not in capsys.readouterr().err


def test_a_manifest_that_may_not_be_read_is_an_error_not_an_empty_fleet(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    run_fleet(terminal)

    def travel(operation: str, commit: Any) -> Any:
        if operation == "GetObject":
            raise Denied("AccessDenied", "not authorized to perform: s3:GetObject")
        return commit()

    terminal.travel = travel
    assert terminal.run("status", "--stack", "Edge") == 1
    assert "s3:GetObject" in capsys.readouterr().err


def test_what_was_found_in_a_compiled_jobs_artifact_is_shown_beside_it() -> None:
    job = ObservedJob(
        "f-net-a", "arn", JobStatus.COMPLETED, datetime(2026, 11, 20, tzinfo=UTC),
        artifact_present=True,
    )  # fmt: skip
    entry = ManifestEntry("f-net-a", UNVERIFIED, reason="NEO902 uncompiled-artifact")
    row = _row_of_entry(JobLabel("f", "net", "net", ""), entry, [job])
    assert (row.state, row.note) == (JobState.COMPLETED, "NEO902 uncompiled-artifact")
