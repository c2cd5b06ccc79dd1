"""The roles of a pipeline: what ``plan``, ``drift`` and ``apply`` call, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import ConstructError, PipelineIdentity, PipelineRoles
from reconciler.core.ports import ObjectHead
from tests.contract.privilege.comparing import missing, unused
from tests.contract.privilege.engine import ACCOUNT
from tests.contract.privilege.histories import recorded
from tests.contract.privilege.policies import REGION, single_rights
from tests.contract.privilege.recording import CALLS, Call, acting
from tests.contract.privilege.stacks import Arns, Deployed, deployed
from tests.fakes.sagemaker import Script
from tests.synthesis.rendering import of_type, synthesized
from tests.unit.cli.deploying import HandlerDeployment, job, resolved, template, write_assembly
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.specs.fleets import FLEET

PLAN: Final = "plan"
APPLY: Final = "apply"
ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/NeoRole"
MODEL: Final = "s3://example-bucket/models/resnet18.tar.gz"
SHA: Final = "0" * 64
CHECKED: Final = FLEET.replace("    Framework:", f'    revision: "sha256:{SHA}"\n    Framework:')
GITHUB: Final = PipelineIdentity.github("team/models")


def build(stack: cdk.Stack, **changes: Any) -> PipelineRoles:
    given: dict[str, Any] = {
        "identity": GITHUB, "owners": ["vision", "s0a1b2c3d"],
        "job_roles": [iam.Role.from_role_arn(stack, "Jobs", ROLE)],
        "output_locations": ["s3://example-bucket/out/", "s3://compiled/out"],
        "model_locations": ["s3://example-bucket/models"],
        "model_keys": [kms.Key(stack, "Key")], "stacks": ["App"],
        "state_bucket": s3.Bucket(stack, "State", encryption_key=kms.Key(stack, "StateKey")),
        **changes,
    }  # fmt: skip
    return PipelineRoles(stack, "Roles", **given)


@pytest.fixture(scope="module")
def roles() -> Deployed:
    made = deployed(build, {PLAN: "RolesPlan", APPLY: "RolesApply"})
    own = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:compilation-job/vision-net-abcdefghijkl"
    arns = Arns(made.template)
    through_s3 = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
    state = arns.of("AWS::S3::Bucket", "State")
    places: dict[str, tuple[str, dict[str, str]]] = {
        "own job": (own, {}),
        "any job": ("*", {}),
        "artifact": ("arn:aws:s3:::example-bucket/out/vision-net-abcdefghijkl/m.tar.gz", {}),
        "bucket of artifact": ("arn:aws:s3:::example-bucket", {}),
        "model": ("arn:aws:s3:::example-bucket/models/resnet18.tar.gz", {}),
        "bucket of model": ("arn:aws:s3:::example-bucket", {}),
        "key of model": (
            arns.of("AWS::KMS::Key", "Key"),
            through_s3,
        ),
        "state": (f"{state}/neo-fleets/vision/desired.json", {}),
        "bucket of state": (state, {}),
        "key of state": (arns.of("AWS::KMS::Key", "StateKey"), through_s3),
        "job role": (ROLE, {"iam:PassedToService": "sagemaker.amazonaws.com"}),
        "events": ("*", {}),
        "any stack": ("*", {}),
        "own stack": (f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/App/0a1b2c3d-1", {}),
    }
    spread = {f"{name}/{target}": place for name in made.roles for target, place in places.items()}
    return Deployed(made.template, made.roles, spread)


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> set[Call]:
    """Everything that the verbs of a pipeline call, in the life of some jobs."""
    with recorded() as made, pytest.MonkeyPatch.context() as patched:
        patched.chdir(tmp_path_factory.mktemp("specs"))
        _life_of_specs()
        _life_of_a_shared_fleet()
        _life_of_an_app()
    CALLS.difference_update(made)  # calls of these roles are of no function of ours
    return {call for call in made if call.function in {PLAN, APPLY} and "log" not in call.target}


def _life_of_specs() -> None:
    terminal = Terminal()
    for models in ({MODEL: ObjectHead(sha256=SHA)}, {}):
        terminal.models.clear()
        terminal.models.update(models)
        write_spec(CHECKED.replace("ml_c5", "ml_c5" if models else "ml_m5"))
        _run(terminal, APPLY, "apply", "fleet.yaml", "-y")
    write_spec(CHECKED)
    retagged = CHECKED.replace("defaults: {", "defaults: {Tags: {team: a}, ")
    for text in (retagged, retagged.replace("team", "group")):
        write_spec(text)
        _run(terminal, PLAN, "plan", "fleet.yaml", "--refresh", "--prune")
        _run(terminal, APPLY, "apply", "fleet.yaml", "--refresh", "-y")
    for models in ({MODEL: ObjectHead(sha256=SHA)}, {}):
        terminal.models.clear()
        terminal.models.update(models)
        terminal.sagemaker.jobs[0].tags["group"] = "somebody's"
        _run(terminal, PLAN, "drift", "fleet.yaml", "--who")
    for each in terminal.sagemaker.jobs:
        each.artifact_removed = True
    _run(terminal, PLAN, "plan", "fleet.yaml", "--refresh")
    _run(terminal, APPLY, "apply", "fleet.yaml", "--refresh", "-y")
    terminal.sagemaker.script_of = lambda request: Script(running=200_000)
    write_spec(FLEET.replace("224, 224", "320, 320"))
    _run(terminal, APPLY, "apply", "fleet.yaml", "-y", "--no-wait")
    write_spec(FLEET)
    _run(terminal, APPLY, "apply", "fleet.yaml", "--prune", "-y", "--no-wait")


def _life_of_a_shared_fleet() -> None:
    """Plan and apply specs that share a fleet's state, from its first generation on."""
    terminal, state = Terminal(), ["--state", "s3://state/neo-fleets"]
    tagged = FLEET.replace("defaults: {", "defaults: {Tags: {team: a}, ")
    for text in (tagged, FLEET, FLEET.replace("224, 224", "320, 320"), FLEET):
        write_spec(text)
        _run(terminal, PLAN, "plan", "fleet.yaml", *state)
        _run(terminal, APPLY, "apply", "fleet.yaml", "--refresh", "--prune", "-y", *state)


def _life_of_an_app() -> None:
    terminal = Terminal()
    stack = HandlerDeployment(terminal)
    stack.send("Create", "Job", resolved(job()))
    stack.show(template(Job=job()))
    imported = {"/OutputConfig/KmsKeyId": {"Fn::ImportValue": "Key"}}
    path = write_assembly(Path("out"), template(Job=job(late=imported)))
    with acting(PLAN, "s0a1b2c3d", "App"):
        terminal.run("plan", "--app", path)


def _run(terminal: Terminal, role: str, *words: str) -> None:
    with acting(role, "vision", "no stack"):
        terminal.run(*words)


def test_every_call_is_allowed(calls: set[Call], roles: Deployed) -> None:
    assert "\n".join(missing(roles, calls)) == ""


def test_every_right_is_used(calls: set[Call], roles: Deployed) -> None:
    alike = _of_every_owner(roles)
    assert "\n".join(each for each in unused(roles, calls) if each not in alike) == ""


def _of_every_owner(roles: Deployed) -> set[str]:
    """Return rights on the second owner's jobs and location: the first one's calls show them."""
    found = set()
    for name, documents in roles.policies.items():
        for document in documents:
            found |= {
                f"{name}: {action} on {resource}"
                for action, resource, _ in single_rights(document)
                if "s0a1b2c3d" in resource or "compiled" in resource
            }
    return found


def test_without_a_shared_fleet_there_is_no_right_on_its_state() -> None:
    made = deployed(
        lambda stack: build(stack, state_bucket=None), {PLAN: "RolesPlan", APPLY: "RolesApply"}
    )
    rights = json.dumps(made.policies)
    for each in ("neo-fleets", "PutObject", "DeleteObject"):
        assert each not in rights


@pytest.mark.parametrize(("prefix", "folder"), [("", ""), ("/team/neo/", "team/neo/")])
def test_each_owner_has_its_folder_below_the_prefix(prefix: str, folder: str) -> None:
    made = deployed(
        lambda stack: build(stack, state_prefix=prefix), {PLAN: "RolesPlan", APPLY: "RolesApply"}
    )
    bucket = Arns(made.template).of("AWS::S3::Bucket", "State")
    for documents in made.policies.values():
        on_state = {
            resource
            for document in documents
            for action, resource, _ in single_rights(document)
            if action == "s3:GetObject" and resource.startswith(bucket)
        }
        assert on_state == {f"{bucket}/{folder}{owner}/*" for owner in ("vision", "s0a1b2c3d")}


def test_what_plans_changes_nothing(roles: Deployed) -> None:
    documents = json.dumps(roles.policies[PLAN])
    for verb in ("Create", "Delete", "Stop", "Add", "Put", "PassRole", "Update"):
        assert verb not in documents


@pytest.mark.parametrize(
    ("identity", "plans", "applies"),
    [
        (
            GITHUB,
            ["repo:team/models:pull_request", "repo:team/models:ref:refs/heads/main"],
            ["repo:team/models:environment:neo"],
        ),
        (
            PipelineIdentity.gitlab("group/sub/models"),
            ["project_path:group/sub/models:ref_type:branch:ref:*"],
            ["project_path:group/sub/models:ref_type:branch:ref:main"],
        ),
    ],
    ids=["github", "gitlab"],
)
def test_who_may_assume_a_role(
    identity: PipelineIdentity, plans: list[str], applies: list[str]
) -> None:
    made = synthesized(lambda stack: build(stack, identity=identity))
    found = {
        name: role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        for name, role in of_type(made, "AWS::IAM::Role").items()
    }
    for beginning, subjects in (("RolesPlan", plans), ("RolesApply", applies)):
        [[statement]] = [each for name, each in found.items() if name.startswith(beginning)]
        assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
        assert statement["Condition"] == {
            "StringEquals": {f"{identity.issuer}:aud": identity.audience},
            "StringLike": {f"{identity.issuer}:sub": subjects},
        }


@pytest.mark.parametrize("name", ["team", "team/*", "team/models:*", "", "a/b c"])
def test_a_name_that_would_match_others_is_refused(name: str) -> None:
    for make in (PipelineIdentity.github, PipelineIdentity.gitlab):
        with pytest.raises(ValueError, match="write owner/name"):
            make(name)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"owners": ["Vision*"]}, "owner 'Vision\\*'"),
        ({"output_locations": ["s3://b/*"]}, "is no location"),
        ({"model_locations": ["b/models"]}, "is no location"),
    ],
)
def test_what_is_not_valid_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConstructError, match=said):
        synthesized(lambda stack: build(stack, **changes))


@pytest.mark.parametrize("change", [lambda them: them.pop(0), lambda them: them.pop()])
def test_a_right_less_is_seen_to_be_missing(
    calls: set[Call], roles: Deployed, change: Callable[[list[Any]], object]
) -> None:
    spoiled = json.loads(json.dumps(roles.template))
    for each in of_type(spoiled, "AWS::IAM::Policy").values():
        change(each["Properties"]["PolicyDocument"]["Statement"])
    assert missing(Deployed(spoiled, roles.roles, roles.places), calls)
