"""``neoctl plan --app``: what a deployment of a synthesized app does to compilation jobs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.identity import Identity, JobName
from reconciler.core.ports import Unavailable
from tests.fakes.sagemaker import ACCOUNT, REGION
from tests.unit.cli.deploying import (
    STACK_ID,
    HandlerDeployment,
    Template,
    job,
    resolved,
    template,
    write_assembly,
)
from tests.unit.cli.planned import Terminal, actions

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def deployed(terminal: Terminal) -> HandlerDeployment:
    """The stack with one job, compiled."""
    made = HandlerDeployment(terminal)
    made.send("Create", "Job", resolved(job()))
    made.show(template(Job=job()))
    terminal.operations()
    return made


def planned(
    terminal: Terminal, body: Template, capsys: Capture, *words: str, **written: Any
) -> dict[str, Any]:
    path = write_assembly(Path("out"), body, **written)
    capsys.readouterr()
    assert terminal.run("plan", "--app", path, "--format", "json", *words) == 0
    return actions(capsys.readouterr().out)


def the_job(deployed: HandlerDeployment) -> Identity:
    name = JobName.parse(deployed.physical_ids["Job"])
    assert name is not None
    return name.identity


def test_jobs_of_a_stack_that_is_not_deployed_are_created_under_names_not_known_yet(
    terminal: Terminal, capsys: Capture
) -> None:
    found = planned(terminal, template(Job=job()), capsys)["App/Job"]
    assert (found["action"], found["owner"], found["job"]) == ("create", "App", "")
    assert terminal.operations() == []


def test_what_the_template_does_not_change_is_left_alone_even_a_newer_function(
    terminal: Terminal, deployed: HandlerDeployment, capsys: Capture
) -> None:
    found = planned(terminal, template(code="2", Job=job()), capsys)["App/Job"]
    assert (found["action"], found["job"]) == ("keep", str(the_job(deployed)))
    assert terminal.operations() == []


def test_another_target_is_another_job_of_the_name_that_the_handler_then_gives(
    terminal: Terminal, deployed: HandlerDeployment, capsys: Capture
) -> None:
    after, old = job(TargetDevice="ml_m5"), str(the_job(deployed))
    path = write_assembly(Path("out"), template(Job=after))
    assert terminal.run("plan", "--app", path, "--format", "json") == 0
    found = {each["action"]: each for each in json.loads(capsys.readouterr().out)["actions"]}
    assert found.keys() == {"replace", "delete"}
    assert found["delete"]["job"] == old
    assert found["replace"]["edits"] == [
        {"path": "OutputConfig.TargetDevice", "before": '"ml_c5"', "after": '"ml_m5"'}
    ]
    deployed.send("Update", "Job", resolved(after), resolved(job()))
    assert found["replace"]["job"] == deployed.physical_ids["Job"]


def test_settings_and_tags_compile_nothing(
    terminal: Terminal, deployed: HandlerDeployment, capsys: Capture
) -> None:
    after = job()
    after["Properties"]["Tags"] = [{"Key": "team", "Value": "audio"}]
    after["Properties"]["Declaration"] = after["Properties"]["Declaration"].replace("900", "1200")
    path = write_assembly(Path("out"), template(Job=after))
    assert terminal.run("plan", "--app", path, "--format", "json") == 0
    found = {each["action"]: each for each in json.loads(capsys.readouterr().out)["actions"]}
    assert found.keys() == {"retag"}
    assert found["retag"]["set_tags"] == {"team": "audio"}
    edits = {each["path"]: (each["before"], each["after"]) for each in found["retag"]["edits"]}
    assert edits["StoppingCondition.MaxRuntimeInSeconds"] == ("900", "1200")


def test_tags_that_are_dropped_are_removed(terminal: Terminal, capsys: Capture) -> None:
    before = job()
    before["Properties"]["Tags"] = [{"Key": "team", "Value": "audio"}]
    deployed = HandlerDeployment(terminal)
    deployed.send("Create", "Job", resolved(before))
    deployed.show(template(Job=before))
    path = write_assembly(Path("out"), template(Job=job()))
    assert terminal.run("plan", "--app", path, "--format", "json") == 0
    found = {each["action"]: each for each in json.loads(capsys.readouterr().out)["actions"]}
    assert found["retag"]["remove_tags"] == ["team"]


def test_a_job_that_is_taken_out_is_deleted_or_kept_as_its_removal_policy_says(
    terminal: Terminal, deployed: HandlerDeployment, capsys: Capture
) -> None:
    found = planned(terminal, template(), capsys)
    assert [each["action"] for each in found.values()] == ["delete"]
    retained = job()
    retained["Properties"]["RemovalPolicy"] = "retain"
    deployed.show(template(Job=retained))
    assert planned(terminal, template(), capsys) == {}


def test_a_live_job_that_is_taken_out_is_stopped_under_every_policy(
    terminal: Terminal, capsys: Capture
) -> None:
    live = job()
    live["Properties"] |= {"Wait": "false", "RemovalPolicy": "retain"}
    deployed = HandlerDeployment(terminal)
    deployed.send("Create", "Job", resolved(live))
    deployed.show(template(Job=live))
    [found] = planned(terminal, template(), capsys).values()
    assert found["action"] == "stop"


def test_a_name_that_depends_on_a_new_bucket_is_known_after_the_deployment(
    terminal: Terminal, deployed: HandlerDeployment, capsys: Capture
) -> None:
    late = {"/OutputConfig/S3OutputLocation": {"Fn::Sub": "s3://${Other}/out"}}
    body = template(Job=job(late=late), Other={"Type": "AWS::S3::Bucket"})
    path = write_assembly(Path("out"), body)
    assert terminal.run("plan", "--app", path) == 0
    out = capsys.readouterr().out
    assert "name known after the deployment" in out
    assert "OutputConfig.S3OutputLocation is known after the deployment" in out
    assert '-> "s3://${Other}/out"' in out
    assert str(the_job(deployed)) in out


def test_a_bucket_that_stays_is_known_one_that_is_replaced_is_not(
    terminal: Terminal, deployed: HandlerDeployment, capsys: Capture
) -> None:
    tagged = {"Type": "AWS::S3::Bucket", "Properties": {"Tags": [{"Key": "a", "Value": "b"}]}}
    found = planned(terminal, template(Job=job(), Compiled=tagged), capsys)
    assert found["App/Job"]["action"] == "keep"
    renamed = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "new"}}
    path = write_assembly(Path("out"), template(Job=job(), Compiled=renamed))
    assert terminal.run("plan", "--app", path, "--format", "json") == 0
    kinds = [each["action"] for each in json.loads(capsys.readouterr().out)["actions"]]
    assert sorted(kinds) == ["delete", "replace"]


def test_parameters_have_the_values_of_the_deployed_stack(
    terminal: Terminal, capsys: Capture
) -> None:
    late = {"/OutputConfig/TargetDevice": {"Ref": "Device"}}
    with_parameter = job(late=late)
    declared = json.loads(with_parameter["Properties"]["Declaration"])
    del declared["request"]["OutputConfig"]["TargetDevice"]
    with_parameter["Properties"]["Declaration"] = json.dumps(declared)
    body = {**template(Job=with_parameter), "Parameters": {"Device": {"Default": "ml_m5"}}}
    deployed = HandlerDeployment(terminal)
    device = {"/OutputConfig/TargetDevice": "ml_c5"}
    deployed.send("Create", "Job", resolved(with_parameter, **device))
    deployed.show(body, Device="ml_c5")
    other = {**with_parameter, "Properties": {**with_parameter["Properties"], "Wait": "false"}}
    body["Resources"] = {**body["Resources"], "Job": other}
    found = planned(terminal, body, capsys)["App/Job"]
    assert (found["action"], found["job"]) == ("keep", str(the_job(deployed)))


def test_a_name_that_does_not_lead_to_the_deployed_job_is_not_guessed_further(
    terminal: Terminal, deployed: HandlerDeployment, capsys: Capture
) -> None:
    deployed.physical_ids["Compiled"] = "somewhere-else"
    deployed.show(template(Job=job()))
    found = planned(terminal, template(Job=job(TargetDevice="ml_m5")), capsys)["App/Job"]
    assert (found["action"], found["job"]) == ("replace", "")
    assert found["notes"] == ["the name is known after the deployment"]


def test_a_job_that_vanished_is_compiled_again_only_if_its_resource_changes(
    terminal: Terminal, deployed: HandlerDeployment, capsys: Capture
) -> None:
    terminal.sagemaker.jobs[0].artifact_removed = True
    assert planned(terminal, template(Job=job()), capsys)["App/Job"]["action"] == "keep"
    after = job()
    after["Properties"]["Tags"] = [{"Key": "team", "Value": "audio"}]
    assert planned(terminal, template(Job=after), capsys)["App/Job"]["action"] == "retry"


def fleet(body: bytes, **variables: Any) -> dict[str, Any]:
    digest = hashlib.sha256(body).hexdigest()
    return {
        "Type": "Custom::NeoCompilationFleet",
        "Properties": {
            "OwnerSuffix": "abcdef", "State": {"Bucket": {"Ref": "State"}, "Prefix": "neo/"},
            "Document": {"Bucket": "assets", "Key": "d.json", "Digest": digest},
            "Variables": {"role": {"Fn::GetAtt": ["Role", "Arn"]}, **variables},
            "RemovalPolicy": "destroy", "Retries": "1",
        },
    }  # fmt: skip


def document(*targets: str, output: str = "s3://out") -> bytes:
    jobs = [
        {
            "logicalName": f"net/{target}", "revision": None, "exactOutput": False,
            "request": {
                "RoleArn": "${var.role}",
                "InputConfig": {"S3Uri": "s3://m/n.tar.gz", "Framework": "ONNX",
                                "DataInputConfig": '{"data":[1,3,32,32]}'},
                "OutputConfig": {"S3OutputLocation": output, "TargetDevice": target},
                "StoppingCondition": {"MaxRuntimeInSeconds": 900},
            },
        }
        for target in targets
    ]  # fmt: skip
    variables = {"role": "text", **({"out": "text"} if "${var" in output else {})}
    return json.dumps({"schema": 1, "variables": variables, "jobs": jobs}).encode()


def files(body: bytes) -> dict[str, bytes]:
    return {hashlib.sha256(body).hexdigest(): body}


def test_the_jobs_of_a_fleet_are_planned_one_by_one(terminal: Terminal, capsys: Capture) -> None:
    deployed = HandlerDeployment(terminal)
    deployed.physical_ids |= {"State": "state", "Fleet": "f0a1b2c3dabcdef"}
    before, after = document("ml_c5"), document("ml_c5", "ml_m5")
    deployed.show(template(State={"Type": "AWS::S3::Bucket"}, Fleet=fleet(before)))
    body = template(State={"Type": "AWS::S3::Bucket"}, Fleet=fleet(before))
    found = planned(terminal, body, capsys, files=files(before))
    assert {name: each["action"] for name, each in found.items()} == {"net/ml_c5": "keep"}
    body["Resources"]["Fleet"] = fleet(after)
    found = planned(terminal, body, capsys, files=files(after))
    assert {name: each["action"] for name, each in found.items()} == {
        "net/ml_c5": "create", "net/ml_m5": "create",
    }  # fmt: skip
    assert all(each["job"].startswith("f0a1b2c3dabcdef-net-") for each in found.values())


def test_jobs_of_a_fleet_that_wait_for_a_variable_have_no_names_yet(
    terminal: Terminal, capsys: Capture
) -> None:
    deployed = HandlerDeployment(terminal)
    deployed.show(template())
    body = document("ml_c5", output="s3://${var.out}/x")
    resources: dict[str, Any] = {
        "State": {"Type": "AWS::S3::Bucket"}, "Fleet": fleet(body, out={"Ref": "State"}),
    }  # fmt: skip
    found = planned(terminal, template(**resources), capsys, files=files(body))["net/ml_c5"]
    assert (found["action"], found["job"]) == ("create", "")
    assert found["notes"] == ["out is known after the deployment"]


def test_what_is_not_a_job_of_ours_is_not_planned(terminal: Terminal, capsys: Capture) -> None:
    assert planned(terminal, template(), capsys) == {}


def test_offline_it_says_what_is_declared(terminal: Terminal, capsys: Capture) -> None:
    found = planned(terminal, template(Job=job()), capsys, "--offline")["App/Job"]
    assert (found["action"], found["reason"]) == ("unknown", "the deployed stack was not read")


def test_without_credentials_it_says_what_it_does_not_know(
    terminal: Terminal, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable("NoCredentialsError", "Unable to locate credentials.")

    monkeypatch.setattr(Terminal, "connect", refuse)
    path = write_assembly(Path("out"), template(Job=job()))
    assert terminal.run("plan", "--app", path) == 0
    captured = capsys.readouterr()
    assert "The deployed stacks were not read" in captured.err
    assert "? unknown" in captured.out
    assert terminal.run("plan", "--app", path, "--detailed-exitcode") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--stack", "Nope"), "unknown stack Nope; the app has App"),
        (("--prune",), "--app plans stacks"),
        (("fleet.yaml",), "--app plans stacks"),
    ],
)
def test_what_does_not_go_with_an_app_is_refused(
    words: tuple[str, ...], said: str, terminal: Terminal, capsys: Capture
) -> None:
    path = write_assembly(Path("out"), template(Job=job()))
    assert terminal.run("plan", "--app", path, *words) == 1
    assert said in capsys.readouterr().err


def test_a_folder_that_is_no_assembly_is_an_error(terminal: Terminal, capsys: Capture) -> None:
    Path("empty").mkdir()
    assert terminal.run("plan", "--app", "empty") == 1
    assert "not a cloud assembly; make one with cdk synth" in capsys.readouterr().err
    (Path("empty") / "manifest.json").write_text("[]")
    assert terminal.run("plan", "--app", "empty") == 1
    assert "not a valid cloud assembly" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["aws://999999999999/us-east-1", f"aws://{ACCOUNT}/eu-west-3"])
def test_a_stack_for_elsewhere_is_refused(place: str, terminal: Terminal, capsys: Capture) -> None:
    path = write_assembly(Path("out"), template(Job=job()), environment=place)
    assert terminal.run("plan", "--app", path, "--region", REGION) == 1
    assert "App is for" in capsys.readouterr().err


def test_a_stack_in_progress_is_not_planned(
    terminal: Terminal, deployed: HandlerDeployment, capsys: Capture
) -> None:
    stacks = terminal.stacks.by_name
    stacks["App"] = replace(stacks["App"], status="UPDATE_IN_PROGRESS")
    path = write_assembly(Path("out"), template(Job=job()))
    assert terminal.run("plan", "--app", path) == 1
    assert "App is UPDATE_IN_PROGRESS" in capsys.readouterr().err


def test_the_plan_of_an_app_is_shown_and_not_applied(
    terminal: Terminal, deployed: HandlerDeployment, capsys: Capture
) -> None:
    path = write_assembly(Path("out"), template(Job=job(TargetDevice="ml_m5")))
    assert terminal.run("plan", "--app", path, "--out", "plan.json") == 0
    shown = capsys.readouterr().out
    assert terminal.run("show", "plan.json") == 0
    assert capsys.readouterr().out == shown
    assert terminal.run("apply", "plan.json", "-y") == 1
    assert "which `cdk deploy` deploys" in capsys.readouterr().err
    assert STACK_ID in {each.id for each in terminal.stacks.by_name.values()}


@pytest.mark.parametrize("name", ["App", "Prod/App"])
def test_a_stack_of_a_stage_has_the_name_of_the_cdk_and_that_of_cloudformation(
    name: str, terminal: Terminal, capsys: Capture
) -> None:
    words = ("--stack", name)
    found = planned(
        terminal, template(Job=job()), capsys, *words, display_name="Prod/App (App)"
    )  # fmt: skip
    assert found["App/Job"]["owner"] == "Prod/App"


NESTED_ID = STACK_ID.replace("App/0a1b2c3d", "App-Nested/1b2c3d4e")


def nested(body: Template) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a nested stack's resource, and the asset that is its template."""
    text = json.dumps(body).encode()
    digest = hashlib.sha256(text).hexdigest()
    url = {"Fn::Sub": f"https://s3.${{AWS::URLSuffix}}/assets-${{AWS::AccountId}}/{digest}.json"}
    given = {"Place": {"Ref": "Compiled"}}
    resource = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": url, "Parameters": given},
    }  # fmt: skip
    return resource, {digest: text}


def nested_body(**changes: Any) -> Template:
    place = {"/OutputConfig/S3OutputLocation": {"Fn::Sub": "s3://${Place}/out"}}
    body = template(Job=job(late=place, **changes))
    return {**body, "Parameters": {"Place": {"Type": "String"}}}


def test_jobs_of_nested_stacks_are_planned_with_their_own_owner(
    terminal: Terminal, capsys: Capture
) -> None:
    inner = HandlerDeployment(terminal, stack_id=NESTED_ID, name=NESTED_ID)
    inner.send("Create", "Job", resolved(nested_body()["Resources"]["Job"]))
    inner.show(nested_body(), Place="compiled")
    outer = HandlerDeployment(terminal)
    outer.physical_ids["Nested"] = NESTED_ID
    before, files = nested(nested_body())
    outer.show(template(Nested=before))
    found = planned(terminal, template(Nested=before), capsys, files=files)["App/Job"]
    assert (found["action"], found["owner"]) == ("keep", "s1b2c3d4e")

    after, files = nested(nested_body(TargetDevice="ml_m5"))
    path = write_assembly(Path("out"), template(Nested=after), files=files)
    assert terminal.run("plan", "--app", path, "--format", "json") == 0
    shown = {each["action"]: each for each in json.loads(capsys.readouterr().out)["actions"]}
    assert shown.keys() == {"replace", "delete"}
    inner.send(
        "Update", "Job", resolved(nested_body(TargetDevice="ml_m5")["Resources"]["Job"]),
        resolved(nested_body()["Resources"]["Job"]),
    )  # fmt: skip
    assert shown["replace"]["job"] == inner.physical_ids["Job"]

    gone = planned(terminal, template(), capsys)
    assert [each["action"] for each in gone.values()] == ["delete"]


def test_a_nested_stack_that_is_new_has_jobs_without_names(
    terminal: Terminal, deployed: HandlerDeployment, capsys: Capture
) -> None:
    after, files = nested(nested_body())
    body = template(Job=job(), Nested=after)
    actions_of = planned(terminal, body, capsys, files=files)
    assert actions_of["App/Job"]["owner"] in {"App/Nested", "s0a1b2c3d"}
    offline = planned(terminal, template(Nested=after), capsys, "--offline", files=files)
    assert offline["App/Job"]["owner"] == "App/Nested"


def test_a_nested_stack_without_its_template_is_an_error(
    terminal: Terminal, capsys: Capture
) -> None:
    after, _ = nested(nested_body())
    path = write_assembly(Path("out"), template(Nested=after))
    assert terminal.run("plan", "--app", path) == 1
    assert "is not in the assembly" in capsys.readouterr().err


def test_a_stack_without_jobs_for_elsewhere_is_passed_over(
    terminal: Terminal, capsys: Capture
) -> None:
    place = "aws://999999999999/us-east-1"
    assert planned(terminal, template(), capsys, environment=place) == {}
