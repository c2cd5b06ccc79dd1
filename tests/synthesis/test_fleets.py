"""CompilationFleet and what stands around it, as the template has them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from syrupy.assertion import SnapshotAssertion

from neo_constructs.fleet.compilation_fleet import CompilationFleet
from neo_constructs.fleet.continuous_reconciliation import ContinuousReconciliation
from neo_constructs.governance.organisation_policy import OrganisationPolicy
from neo_constructs.observability.dashboard import NeoDashboard
from neo_constructs.observability.fleet_alarms import FleetAlarms
from neo_constructs.request.invalid_job import InvalidJobError
from neo_constructs.synth.errors import ConstructError
from neo_constructs.vocabulary.model_artifact import ModelArtifact
from neo_constructs.vocabulary.target import Target
from reconciler.core.contract import OnFailure
from reconciler.core.fields import S3_URI
from reconciler.core.fleet.document import FleetDocument
from reconciler.handler.fleet.properties import decode_fleet
from reconciler.specs.build import fleet_document
from reconciler.specs.load import load
from tests.paths import ROOT
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import (
    STACK_ID,
    Resolver,
    of_type,
    only,
    statements,
)
from tests.synthesis.test_dependency_graph import closure, needed
from tests.synthesis.vpcs import private_vpc

FLEET = "Custom::NeoCompilationFleet"
GUID = STACK_ID.rpartition("/")[2][:8]


def rendered(build: Callable[[cdk.Stack], object]) -> tuple[dict[str, Any], FleetDocument]:
    """Return a stack's template, and the document of its fleet."""
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "S")
    build(stack)
    assembly = app.synth()
    template = assembly.get_stack_artifact(stack.artifact_id).template
    digest = only(template, FLEET)["Properties"]["Document"]["Digest"]
    path = Path(assembly.directory) / f"neo-fleet.{digest}.json"
    return template, FleetDocument.parse(path.read_bytes())


def small(stack: cdk.Stack) -> CompilationFleet:
    """Return two jobs, one with a role of its own."""
    fleet = CompilationFleet(stack, "Fleet")
    fleet.add_job("net/ml_c5", model=model(stack), target=Target.ML_C5, **ONNX)
    role = iam.Role.from_role_arn(stack, "Other", "arn:aws:iam::123456789012:role/other")
    fleet.add_job("net/arm", model=model(stack), target=Target.LINUX_ARM64, role=role, **ONNX)
    return fleet


def full(stack: cdk.Stack) -> CompilationFleet:
    """Return everything that there is."""
    isolated = ec2.SubnetType.PRIVATE_ISOLATED
    vpc = private_vpc(stack)
    key = kms.Key(stack, "Key")
    fleet = CompilationFleet(
        stack, "Fleet", vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_type=isolated),
        output_bucket=s3.Bucket(stack, "Out", encryption_key=key), state_encryption_key=key,
        on_failure=OnFailure.CONTINUE, prune=True, removal_policy=cdk.RemovalPolicy.RETAIN,
        deadline=cdk.Duration.minutes(30), retries=2,
    )  # fmt: skip
    cdk.Tags.of(fleet).add("team", "vision")
    models = s3.Bucket(stack, "In", encryption_key=key)
    trained = ModelArtifact.from_bucket(models, "m.tar.gz", object_version="v1")
    fleet.add_job("m", model=trained, target=Target.ML_C5, **ONNX)
    topic = sns.Topic(stack, "Topic")
    keeper = ContinuousReconciliation(
        stack, "Keep", fleet=fleet, topic=topic, refresh=True,
        event_bus=events.EventBus.from_event_bus_name(stack, "Bus", "default"),
        upload_bucket=s3.Bucket(stack, "Git", event_bridge_enabled=False),
    )  # fmt: skip
    FleetAlarms(
        stack, "Alarms", fleet=fleet, reconciliation=keeper, actions=[actions.SnsAction(topic)]
    )
    NeoDashboard(stack, "Dashboard", fleets=[fleet])
    return fleet


@pytest.fixture(scope="module")
def two() -> tuple[dict[str, Any], FleetDocument]:
    return rendered(small)


@pytest.fixture(scope="module")
def whole() -> tuple[dict[str, Any], FleetDocument]:
    return rendered(full)


def decoded(template: dict[str, Any]) -> Any:
    return decode_fleet(Resolver().properties(only(template, FLEET)), STACK_ID)


def test_the_handler_reads_what_the_construct_writes(
    two: tuple[dict[str, Any], FleetDocument],
) -> None:
    template, document = two
    properties = decoded(template)
    assert properties.owner.name.startswith(f"f{GUID}")
    assert len(properties.owner.name) == 15
    assert properties.wait
    assert properties.destroy
    declarations = document.resolved(properties.variables).declarations(properties.owner)
    roles = {each.logical_name: each.request.role_arn for each in declarations}
    assert roles["net/arm"] == "arn:aws:iam::123456789012:role/other"
    assert roles["net/ml_c5"].startswith("value-of-FleetRole")
    assert declarations[0].request.output_location.startswith("s3://value-of-Neo")


def test_settings_reach_the_handler(whole: tuple[dict[str, Any], FleetDocument]) -> None:
    properties = decoded(whole[0])
    settings = properties.settings
    assert (settings.retries, settings.on_failure.value, settings.prune) == (2, "continue", True)
    assert settings.tags == (("team", "vision"),)
    assert properties.deadline.total_seconds() == 1800
    assert properties.continues
    assert not properties.destroy
    assert properties.upload is not None
    [declared] = whole[1].resolved(properties.variables).declarations(properties.owner)
    assert "VpcConfig.Subnets" in declared.request.values
    assert declared.revision == "version:v1"


def test_one_resource_and_one_asset_whatever_the_number_of_jobs() -> None:
    def build(stack: cdk.Stack) -> None:
        fleet = CompilationFleet(stack, "Fleet")
        for number in range(300):
            source = (
                s3.Bucket.from_bucket_name(stack, f"B{number}", f"models-{number}")
                if number < 2
                else stack.node.find_child("B0")
            )
            fleet.add_job(
                f"m{number}", model=ModelArtifact.from_bucket(source, f"a/{number}/m.tar.gz"),  # type: ignore[arg-type]
                target=Target.ML_C5, **ONNX,
            )  # fmt: skip

    template, document = rendered(build)
    assert len(document.jobs) == 300
    assert len(template["Resources"]) < 30
    assert len(json.dumps(template)) < 60_000
    for _, item in of_type(template, "AWS::IAM::ManagedPolicy").items():
        policy = Resolver().resolve(item["Properties"]["PolicyDocument"])
        assert len(json.dumps(policy, separators=(",", ":"))) <= 6_144


def test_templates_are_as_they_were(
    two: tuple[dict[str, Any], FleetDocument],
    whole: tuple[dict[str, Any], FleetDocument],
    snapshot: SnapshotAssertion,
) -> None:
    for template, _ in (two, whole):
        for item in template["Resources"].values():
            if item["Type"] == "AWS::Lambda::Function":
                item["Properties"].pop("Code", None)
        resource = only(template, FLEET)
        shown = {
            "fleet": {key: value for key, value in resource["Properties"].items()
                      if key not in ("Document",)},
            "resources": sorted(f"{item['Type']} {name[:-8]}"
                                for name, item in template["Resources"].items()),
        }  # fmt: skip
        assert shown == snapshot


def test_nothing_that_a_fleet_needs_is_outside_its_dependencies(
    whole: tuple[dict[str, Any], FleetDocument],
) -> None:
    template = whole[0]
    [fleet] = of_type(template, FLEET)
    keeper = {name for name in needed(template) if name.startswith("Keep")}
    assert needed(template) - keeper - closure(template, fleet) == set()


def test_the_schedule_begins_after_everything_that_it_needs_and_ends_before(
    whole: tuple[dict[str, Any], FleetDocument],
) -> None:
    template = whole[0]
    rule = next(name for name in of_type(template, "AWS::Events::Rule") if "Schedule" in name)
    [fleet] = of_type(template, FLEET)
    missing = {
        name for name in needed(template) if name.startswith("Keep")
    } - closure(template, rule)  # fmt: skip
    assert missing == set()
    assert fleet in closure(template, rule)


def actions_of(template: dict[str, Any], policy: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, statement in statements(template):
        if name.startswith(policy):
            listed = statement["Action"]
            for action in [listed] if isinstance(listed, str) else listed:
                found.setdefault(action, []).append(Resolver().resolve(statement["Resource"]))
    return found


def test_jobs_are_touched_only_under_the_fleets_own_prefix(
    whole: tuple[dict[str, Any], FleetDocument],
) -> None:
    owner = decoded(whole[0]).owner.name
    pattern = f"arn:aws:sagemaker:us-east-1:123456789012:compilation-job/{owner}-*"
    for policy in ("FleetProviderIsComplete", "KeepPolicy"):
        for action, resources in actions_of(whole[0], policy).items():
            if action.startswith("sagemaker:") and action != "sagemaker:ListCompilationJobs":
                assert resources == [pattern]


def test_the_only_stars_are_those_of_listing_and_of_ec2(
    whole: tuple[dict[str, Any], FleetDocument],
) -> None:
    stars = [
        (name[:12], statement["Action"])
        for name, statement in statements(whole[0])
        if "*" in (statement["Resource"], *statement["Resource"])
    ]
    for name, action in stars:
        assert action == "sagemaker:ListCompilationJobs" or name.startswith("FleetJobPerm"), name
    assert len(stars) == 3


def test_roles_are_passed_by_name_to_sagemaker_alone(
    two: tuple[dict[str, Any], FleetDocument],
) -> None:
    found = [
        (Resolver().resolve(statement["Resource"]), statement["Condition"])
        for _, statement in statements(two[0])
        if statement["Action"] == "iam:PassRole"
    ]
    passed = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    assert [condition for _, condition in found] == [passed, passed]
    [own], [other] = ([roles] if isinstance(roles, str) else roles for roles, _ in found)
    assert {own, other} > {"arn:aws:iam::123456789012:role/other"}
    assert "*" not in own + other


def test_a_role_that_may_not_be_changed_is_not(two: tuple[dict[str, Any], FleetDocument]) -> None:
    def build(stack: cdk.Stack) -> None:
        own = iam.Role(stack, "Own", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        fleet = CompilationFleet(stack, "Fleet", role=own.without_policy_updates())
        fleet.add_job("a", model=model(stack), target=Target.ML_C5, **ONNX)

    template, _ = rendered(build)
    assert not any("JobPermissions" in name for name in template["Resources"])
    assert any("JobPermissions" in name for name in two[0]["Resources"])


def test_the_state_is_private_encrypted_and_kept(
    two: tuple[dict[str, Any], FleetDocument],
) -> None:
    [bucket] = [item for name, item in of_type(two[0], "AWS::S3::Bucket").items()
                if name.startswith("FleetState")]  # fmt: skip
    properties = bucket["Properties"]
    assert bucket["DeletionPolicy"] == "Retain"
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rules[0]["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert all(properties["PublicAccessBlockConfiguration"].values())


def test_the_schedule_runs_once_at_a_time_and_loses_no_failure(
    whole: tuple[dict[str, Any], FleetDocument],
) -> None:
    [function] = [item for name, item in of_type(whole[0], "AWS::Lambda::Function").items()
                  if name.startswith("KeepFunction")]  # fmt: skip
    assert function["Properties"]["ReservedConcurrentExecutions"] == 1
    assert "DeadLetterConfig" in function["Properties"]
    for rule in of_type(whole[0], "AWS::Events::Rule").values():
        assert "DeadLetterConfig" in rule["Properties"]["Targets"][0]


def test_wrong_jobs_are_refused_where_they_are_declared() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    fleet = small(stack)
    with pytest.raises(ConstructError, match="the job 'net/arm' is declared twice"):
        fleet.add_job("net/arm", model=model(stack), target=Target.ML_C5, **ONNX)
    with pytest.raises(InvalidJobError, match="toaster"):
        fleet.add_job("x", model=model(stack), target=Target.device("toaster"), **ONNX)
    with pytest.raises(ConstructError, match="60 to 3300 are allowed"):
        CompilationFleet(stack, "Slow", deadline=cdk.Duration.hours(2))
    with pytest.raises(ConstructError, match="retries is 11"):
        CompilationFleet(stack, "Retries", retries=11)
    other = cdk.Stack(cdk.App(analytics_reporting=False), "Other")
    with pytest.raises(ConstructError, match="another stack"):
        ContinuousReconciliation(other, "Keep", fleet=fleet)


def test_tokens_of_every_kind_reach_the_jobs() -> None:
    def build(stack: cdk.Stack) -> None:
        size = cdk.CfnParameter(stack, "Size", type="Number").value_as_number
        flags = cdk.CfnParameter(stack, "Flags").value_as_string
        runtime = cdk.CfnParameter(stack, "Runtime", type="Number").value_as_number
        bucket = cdk.CfnParameter(stack, "Bucket").value_as_string
        fleet = CompilationFleet(
            stack, "Fleet", output_bucket=s3.Bucket.from_bucket_name(stack, "Out", bucket)
        )
        fleet.add_job(
            "a", model=model(stack), target=Target.ML_C5, framework=ONNX["framework"],
            data_input_config={"data": [1, 3, size, 224]}, compiler_options={"dtype": flags},
            max_runtime=cdk.Duration.seconds(runtime),
        )  # fmt: skip

    template, document = rendered(build)
    values = {"Size": 320, "Flags": 'quo"te', "Runtime": 901, "Bucket": "chosen"}
    resource = Resolver(values).properties(only(template, FLEET))
    properties = decode_fleet(json.loads(json.dumps(resource)), STACK_ID)
    [declared] = document.resolved(properties.variables).declarations(properties.owner)
    wire: Any = declared.request.to_wire()
    assert json.loads(wire["InputConfig"]["DataInputConfig"]) == {"data": [1, 3, 320, 224]}
    assert json.loads(wire["OutputConfig"]["CompilerOptions"]) == {"dtype": 'quo"te'}
    assert wire["StoppingCondition"] == {"MaxRuntimeInSeconds": 901}
    assert wire["OutputConfig"]["S3OutputLocation"] == "s3://chosen/compiled"


SPEC = """
apiVersion: neo-as-code/v1
owner: vision
variables:
  bucket:
  size: 224
defaults:
  Framework: ONNX
  DataInputConfig: {data: [1, 3, "${var.size}", 224]}
models:
  squeezenet:
    S3Uri: s3://${var.bucket}/squeezenet.tar.gz
    targets: [ml_c5, LINUX/ARM64]
  resnet:
    S3Uri: s3://${var.bucket}/resnet.tar.gz
    targets: [ml_c5]
"""


def test_a_folder_of_specs_is_a_fleet_with_tokens_in_its_variables(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(SPEC)

    def build(stack: cdk.Stack) -> None:
        models = s3.Bucket(stack, "Models")
        CompilationFleet.from_specs(
            stack, "Fleet", path=tmp_path, variables={"bucket": models.bucket_name}
        )

    template, document = rendered(build)
    properties = decoded(template)
    declared = document.resolved(properties.variables).declarations(properties.owner)
    assert [each.logical_name for each in declared] == [
        "squeezenet/ml_c5", "squeezenet/LINUX_ARM64", "resnet/ml_c5",
    ]  # fmt: skip
    assert str(declared[0].request.text(S3_URI)).startswith("s3://value-of-Models")
    assert declared[0].request.role_arn.startswith("value-of-FleetRole")
    read = actions_of(template, "FleetJobPermissions")["s3:GetObject"]
    assert any("squeezenet.tar.gz" in str(each) for each in read)


def test_what_neoctl_builds_is_completed_by_the_values_that_the_stack_gives() -> None:
    folder = ROOT / "examples" / "gitops"

    def build(stack: cdk.Stack) -> None:
        models = s3.Bucket(stack, "Models")
        fleet = CompilationFleet.from_specs(
            stack, "Fleet", path=folder, variables={"models": models.bucket_name}
        )
        uploads = s3.Bucket.from_bucket_name(stack, "Uploads", "uploads")
        ContinuousReconciliation(stack, "Keep", fleet=fleet, upload_bucket=uploads)

    template, declared = rendered(build)
    properties = decoded(template)
    built = FleetDocument.parse(fleet_document(load([folder]).jobs).text())
    by_app = declared.resolved(properties.variables).declarations(properties.owner)
    by_upload = built.resolved(properties.variables).declarations(properties.owner)
    assert [each.identity for each in by_upload] == [each.identity for each in by_app]
    assert len(by_upload) == 4


@pytest.mark.parametrize("uploads", [True, False], ids=["uploads", "schedule-alone"])
def test_a_fleet_without_jobs_may_use_its_own_output(uploads: bool) -> None:
    def build(stack: cdk.Stack) -> None:
        fleet = CompilationFleet(stack, "Fleet")
        bucket = s3.Bucket.from_bucket_name(stack, "Uploads", "uploads") if uploads else None
        ContinuousReconciliation(stack, "Keep", fleet=fleet, upload_bucket=bucket)

    template, _ = rendered(build)
    allowed = list(statements(template))
    policies = of_type(template, "AWS::IAM::ManagedPolicy")
    assert set(policies) <= {name for name, _ in allowed}  # none is empty
    actions = {
        action
        for name, statement in allowed if "JobPermissions" in name
        for action in statement["Action"]
    }  # fmt: skip
    assert {"s3:PutObject", "s3:ListBucket"} <= actions


def test_what_is_wrong_with_specs_is_told_with_file_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(SPEC.replace("[ml_c5]", "[toaster]"))
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    with pytest.raises(ConstructError, match=r"fleet\.yaml:16:\d+: NEO\d+") as refused:
        CompilationFleet.from_specs(
            stack, "Fleet", path=tmp_path, variables={"bucket": "b", "unknown": "x"}
        )
    assert "the variable 'unknown' is not used by any spec" in str(refused.value)


def test_an_organisations_demands_hold_for_every_job_of_a_fleet() -> None:
    app = cdk.App(analytics_reporting=False)
    OrganisationPolicy(json.dumps({"devices": ["ml_c5"], "maxRuntimeSeconds": 900})).apply_to(app)
    fleet = CompilationFleet(cdk.Stack(app, "S"), "Fleet")
    trained = model(cdk.Stack.of(fleet))
    for name, target in (("good", Target.ML_C5), ("bad", Target.ML_M5)):
        fleet.add_job(name, model=trained, target=target, **ONNX)
    with pytest.raises(RuntimeError):
        app.synth()
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    [violation] = [each for plugin in report["pluginReports"] for each in plugin["violations"]]
    assert violation["ruleName"] == "NEO709"
    assert "bad" in violation["description"]
    [place] = violation["violatingConstructs"]
    assert place["constructPath"] == "S/Fleet/Resource"
