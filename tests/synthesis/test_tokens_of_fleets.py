"""Tokens in every construct besides single jobs: the Lambda gets what was meant, and no function
of CDK's own comes into the stack for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    CompilationMatrix,
    CompilationNetwork,
    CompiledModel,
    CompilerOptions,
    ConstructError,
    ContinuousReconciliation,
    DataInputConfig,
    Framework,
    MatrixModel,
    ModelArtifact,
    Target,
)
from reconciler.core.fleet.document import FleetDocument
from reconciler.core.identity import Owner
from reconciler.handler.fleet.properties import FleetProperties, decode_fleet
from reconciler.handler.job.properties import decode
from tests.synthesis.conftest import ONNX
from tests.synthesis.rendering import JOB, OWNER, STACK_ID, Resolver, of_type, only
from tests.synthesis.test_tokens import AWKWARD, KEY, ROLE, Values

TAG = st.text("aZ9 _.:/=+-@ü", min_size=1, max_size=12)
"""Of the characters that AWS takes in a tag's value."""
FLEET = "Custom::NeoCompilationFleet"
OURS = ("Fleet", "Keep", "NeoCompilationProvider")
PROPERTY = settings(
    max_examples=15, deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink costs a synthesis a step
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


def values_of(data: st.DataObject) -> Values:
    return Values(cdk.Stack(cdk.App(analytics_reporting=False), "S"), data.draw)


def template_of(values: Values) -> tuple[dict[str, Any], Path]:
    """Return the stack's template, in which nothing is unresolved and no helper of CDK's is."""
    root = values.stack.node.root
    assert isinstance(root, cdk.App)
    assembly = root.synth()
    template = assembly.get_stack_artifact(values.stack.artifact_id).template
    assert "${Token" not in json.dumps(template)
    assert [name for name in of_type(template, "AWS::Lambda::Function")
            if not name.startswith(OURS)] == []  # fmt: skip
    kinds = {item["Type"] for item in template["Resources"].values()}
    assert {kind for kind in kinds if kind.startswith("Custom::")} <= {JOB, FLEET}
    return template, Path(assembly.directory)


def fleet_of(values: Values) -> tuple[FleetProperties, list[dict[str, Any]]]:
    """Return what the fleet's Lambda reads: its properties, and the request of each job."""
    template, folder = template_of(values)
    properties = Resolver(values.known).properties(only(template, FLEET))
    read = decode_fleet(properties, STACK_ID)
    document = FleetDocument.parse((folder / f"neo-fleet.{read.document[2]}.json").read_bytes())
    declared = document.resolved(read.variables).declarations(read.owner, read.settings.tags)
    return read, [{**each.request.to_wire(), "revision": each.revision} for each in declared]


def network(values: Values) -> dict[str, Any]:
    vpc = ec2.Vpc.from_vpc_attributes(
        values.stack, "Vpc", vpc_id=values.text("vpc-1"), availability_zones=["a", "b"],
        private_subnet_ids=[values.text(subnet) for subnet in ("subnet-1", "subnet-2")],
    )  # fmt: skip
    group = ec2.SecurityGroup.from_security_group_id(values.stack, "G", values.text("sg-1"))
    return {"vpc": vpc, "security_groups": [group]}


def bucket(values: Values, name: str) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(values.stack, name, values.text(name.lower()))


@PROPERTY
@given(st.data())
def test_any_argument_of_a_fleet_may_be_a_token(data: st.DataObject) -> None:
    values = values_of(data)
    tag, option, revision = (data.draw(each) for each in (TAG, AWKWARD, AWKWARD))
    fleet = CompilationFleet(
        values.stack, "Fleet", output_bucket=bucket(values, "Out"),
        output_prefix=values.text("here"), output_bucket_owner=values.text("123456789012"),
        encryption_key=kms.Key.from_key_arn(values.stack, "Key", KEY),
        role=iam.Role.from_role_arn(values.stack, "Role", ROLE),
        max_runtime=cdk.Duration.seconds(values.number(600)),
        max_pending=cdk.Duration.seconds(values.number(1800)),
        max_wait=cdk.Duration.seconds(values.number(900)),
        deadline=cdk.Duration.seconds(values.number(1200)),
        retries=values.number(3),  # type: ignore[arg-type]
        state_bucket=bucket(values, "State"), state_prefix=values.text("neo"), **network(values),
    )  # fmt: skip
    cdk.Tags.of(fleet).add("team", values.text(tag))
    fleet.add_job(
        "m", model=ModelArtifact.from_bucket(
            bucket(values, "Models"), values.text("nets/net.tar.gz"),
            object_version=values.text(revision),
        ),
        target=Target.platform(values.text("LINUX"), values.text("ARM64"), values.text("NVIDIA")),
        framework=Framework.of(values.text("PYTORCH")), framework_version=values.text("1.8"),
        data_input_config=DataInputConfig.named({"a/b~c": [1, values.number(3), 224, 224]}),
        compiler_options=CompilerOptions.of(
            {"gpu-code": values.text("sm_72"), "trt-ver": "7.1.3", "cuda-ver": "10.2",
             "free": {"text": values.text(option)}}
        ),
        max_runtime=cdk.Duration.seconds(values.number(300)), tags={"job": values.text("m")},
    )  # fmt: skip
    read, [request] = fleet_of(values)
    assert (read.bucket, read.output_owner) == ("state", "123456789012")
    assert read.folder == f"neo/{read.owner.name}/"
    assert (read.settings.retries, read.deadline.total_seconds()) == (3, 1200)
    tags = {each["Key"]: each["Value"] for each in request.pop("Tags")}
    assert tags == {"job": "m", "team": tag}
    assert request == {
        "RoleArn": ROLE,
        "InputConfig": {
            "S3Uri": "s3://models/nets/net.tar.gz",
            "DataInputConfig": '{"a/b~c":[1,3,224,224]}',
            "Framework": "PYTORCH",
            "FrameworkVersion": "1.8",
        },
        "OutputConfig": {
            "S3OutputLocation": "s3://out/here",
            "TargetPlatform": {"Os": "LINUX", "Arch": "ARM64", "Accelerator": "NVIDIA"},
            "CompilerOptions": json.dumps(
                {"gpu-code": "sm_72", "trt-ver": "7.1.3", "cuda-ver": "10.2",
                 "free": {"text": option}},
                separators=(",", ":"), ensure_ascii=False,
            ),
            "KmsKeyId": KEY,
        },
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]},
        "StoppingCondition": {
            "MaxRuntimeInSeconds": 300, "MaxWaitTimeInSeconds": 900,
            "MaxPendingTimeInSeconds": 1800,
        },
        "revision": f"version:{revision}",
    }  # fmt: skip


@PROPERTY
@given(st.data())
def test_any_argument_of_a_matrix_may_be_a_token(data: st.DataObject) -> None:
    values = values_of(data)
    tag = data.draw(TAG)
    net = MatrixModel(
        ModelArtifact.from_bucket(bucket(values, "Models"), values.text("net.tar.gz")),
        framework=Framework.of(values.text("ONNX")),
        data_input_config=values.text('{"data": [1, 3, 8, 8]}'),
    )
    matrix = CompilationMatrix(
        values.stack, "Matrix", models={"net": net}, targets=[Target.ML_C5, Target.RASP3B],
        overrides={"*/rasp3b": {"compiler_options": values.text('{"mattr": ["+neon"]}')}},
        output_bucket=bucket(values, "Out"), max_runtime=cdk.Duration.seconds(values.number(600)),
        max_wait=cdk.Duration.seconds(values.number(900)),
    )  # fmt: skip
    cdk.Tags.of(matrix).add("team", values.text(tag))
    template, _ = template_of(values)
    jobs = of_type(template, JOB).values()
    read = [decode(Resolver(values.known).properties(job), Owner(OWNER)) for job in jobs]
    wires: list[dict[str, Any]] = [each.declaration.request.to_wire() for each in read]
    requests = {wire["OutputConfig"]["TargetDevice"]: wire for wire in wires}
    assert requests.keys() == {"ml_c5", "rasp3b"}
    for request in requests.values():
        assert request["InputConfig"] == {
            "S3Uri": "s3://models/net.tar.gz", "Framework": "ONNX",
            "DataInputConfig": '{"data": [1, 3, 8, 8]}',
        }  # fmt: skip
        assert request["StoppingCondition"] == {
            "MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 900,
        }  # fmt: skip
        assert {each["Key"]: each["Value"] for each in request["Tags"]} == {"team": tag}
    assert json.loads(requests["rasp3b"]["OutputConfig"]["CompilerOptions"]) == {"mattr": ["+neon"]}


@PROPERTY
@given(st.data())
def test_any_argument_of_a_schedule_may_be_a_token(data: st.DataObject) -> None:
    values = values_of(data)
    late = data.draw(AWKWARD)
    fleet = CompilationFleet(
        values.stack, "Fleet", output_bucket=bucket(values, "Out"),
        state_bucket=bucket(values, "State"), state_prefix=values.text("neo"),
    )  # fmt: skip
    region, account = values.text("us-east-1"), values.text("123456789012")
    ContinuousReconciliation(
        values.stack, "Keep", fleet=fleet, upload_bucket=bucket(values, "Git"),
        upload_key=values.text("specs.json"), upload_variables={"free": values.text(late)},
        topic=sns.Topic.from_topic_arn(
            values.stack, "Topic", f"arn:aws:sns:{region}:{account}:changes"
        ),
        event_bus=events.EventBus.from_event_bus_name(values.stack, "Bus", values.text("bus")),
        schedule=events.Schedule.expression(values.text("rate(15 minutes)")),
    )  # fmt: skip
    template, _ = template_of(values)
    resolver = Resolver(values.known)
    [function] = [item for name, item in of_type(template, "AWS::Lambda::Function").items()
                  if name.startswith("KeepFunction")]  # fmt: skip
    environment = resolver.properties(function)["Environment"]["Variables"]
    assert environment["NEO_STATE_BUCKET"] == "state"
    assert environment["NEO_STATE_PREFIX"] == "neo/"
    assert environment["NEO_TOPIC_ARN"] == "arn:aws:sns:us-east-1:123456789012:changes"
    assert environment["NEO_EVENT_BUS"] == "bus"
    assert (environment["NEO_UPLOAD_BUCKET"], environment["NEO_UPLOAD_KEY"]) == (
        "git",
        "specs.json",
    )
    read, _ = fleet_of(values)
    assert read.upload is not None
    assert read.upload[:2] == ("git", "specs.json")
    assert read.variables["free"] == late


@pytest.mark.parametrize("late", [True, False])
def test_what_is_no_part_of_a_jobs_request_may_be_a_token_too(late: bool) -> None:
    values = Values(cdk.Stack(cdk.App(analytics_reporting=False), "S"), lambda _: late)
    job = CompilationJob(
        values.stack, "Job", model=ModelArtifact.from_bucket(bucket(values, "Models"), "m.tar.gz"),
        target=Target.ML_C5, output_bucket_owner=values.text("123456789012"),
        retries=values.number(4), max_wait=cdk.Duration.seconds(values.number(900)), **ONNX,  # type: ignore[arg-type]
    )  # fmt: skip
    cdk.Tags.of(job).add("team", values.text("a/b: c"))
    template, _ = template_of(values)
    read = decode(Resolver(values.known).properties(only(template, JOB)), Owner(OWNER))
    assert (read.retries, read.bucket_owner) == (4, "123456789012")
    wire: dict[str, Any] = read.declaration.request.to_wire()
    assert wire["Tags"] == [{"Key": "team", "Value": "a/b: c"}]
    assert wire["StoppingCondition"]["MaxWaitTimeInSeconds"] == 900


def test_the_name_that_keeps_a_job_must_be_known_at_synthesis() -> None:
    values = Values(cdk.Stack(cdk.App(analytics_reporting=False), "S"), lambda _: True)
    with pytest.raises(ConstructError, match=r"identity is .*known at synthesis"):
        CompilationJob(
            values.stack, "Job", target=Target.ML_C5, identity=values.text("a"),
            model=ModelArtifact.from_bucket(bucket(values, "Models"), "m.tar.gz"), **ONNX,
        )  # fmt: skip


@pytest.mark.parametrize("late", [True, False])
def test_a_model_and_a_network_take_tokens_too(late: bool) -> None:
    values = Values(cdk.Stack(cdk.App(analytics_reporting=False), "S"), lambda _: late)
    stack = values.stack
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id=values.text("vpc-1"), availability_zones=["a", "b"],
        private_subnet_ids=[values.text("subnet-1"), values.text("subnet-2")],
        private_subnet_route_table_ids=[values.text("rtb-1"), values.text("rtb-2")],
        vpc_cidr_block=values.text("10.0.0.0/16"),
        private_subnet_ipv4_cidr_blocks=[values.text("10.0.0.0/24"), values.text("10.0.1.0/24")],
    )  # fmt: skip
    made = CompilationNetwork(
        stack, "Network", vpc=vpc, s3_prefix_list=ec2.Peer.prefix_list(values.text("pl-1"))
    )
    job = CompilationJob(
        stack, "Job",
        model=ModelArtifact.from_bucket(bucket(values, "Models"), values.text("m.tar")),
        target=Target.ML_C5, vpc=made.vpc, vpc_subnets=made.vpc_subnets,
        security_groups=[made.security_group], **ONNX,
    )  # fmt: skip
    CompiledModel(stack, "Model", job=job, environment={"LEVEL": values.text('a "quoted" one')})
    template, _ = template_of(values)
    resolver = Resolver(values.known)
    model = resolver.properties(only(template, "AWS::SageMaker::Model"))
    assert model["PrimaryContainer"]["Environment"] == {"LEVEL": 'a "quoted" one'}
    endpoint = resolver.properties(only(template, "AWS::EC2::VPCEndpoint"))
    assert (endpoint["VpcId"], endpoint["RouteTableIds"]) == ("vpc-1", ["rtb-1", "rtb-2"])
    read = decode(resolver.properties(only(template, JOB)), Owner(OWNER))
    wire: dict[str, Any] = read.declaration.request.to_wire()
    assert wire["VpcConfig"]["Subnets"] == ["subnet-1", "subnet-2"]


def test_a_variable_of_uploads_cannot_have_a_name_that_the_fleet_uses() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    fleet = CompilationFleet(stack, "Fleet")
    with pytest.raises(ConstructError, match="upload variable 'v1': names of v and digits"):
        ContinuousReconciliation(
            stack, "Keep", fleet=fleet, upload_bucket=s3.Bucket(stack, "Git"),
            upload_key="specs.json", upload_variables={"v1": "mine", "v": "ok"},
        )  # fmt: skip
