"""Made-up requests, declarations and jobs, for property tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from reconciler.core.declaration import Declaration
from reconciler.core.identity import Owner
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.ownership import ownership_tags
from reconciler.core.request import JobRequest
from reconciler.rules import api

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROLE = "arn:aws:iam::111122223333:role/NeoRole"

words = st.text("abcdefghij-/._", min_size=1, max_size=30)
buckets = st.sampled_from(["models", "artifacts", "other-bucket"])
uris = st.builds(lambda bucket, key: f"s3://{bucket}/{key}/model.tar.gz", buckets, words)
shapes = st.dictionaries(
    st.sampled_from(["data", "input0", "input1", "x:0"]),
    st.lists(st.integers(1, 512), min_size=1, max_size=4),
    min_size=1,
    max_size=3,
)
inputs = st.fixed_dictionaries(
    {"S3Uri": uris, "Framework": st.sampled_from(api.FRAMEWORKS)},
    optional={
        "DataInputConfig": shapes.map(json.dumps),
        "FrameworkVersion": st.sampled_from(["1.8", "2.0"]),
    },
)
package = "arn:aws:sagemaker:us-east-1:111122223333:model-package/m/1"
models = inputs.map(lambda config: {"InputConfig": config}) | st.just(
    {"ModelPackageVersionArn": package}
)
platforms = st.fixed_dictionaries(
    {
        "Os": st.sampled_from(api.TARGET_PLATFORM_OS),
        "Arch": st.sampled_from(api.TARGET_PLATFORM_ARCH),
    },
    optional={"Accelerator": st.sampled_from(api.TARGET_PLATFORM_ACCELERATOR)},
)
targets = st.sampled_from(api.TARGET_DEVICES).map(
    lambda name: {"TargetDevice": name}
) | platforms.map(lambda platform: {"TargetPlatform": platform})
options = st.sampled_from(['{"mattr": ["+neon"]}', '"--verbose 1"', '{"dtype":"float32"}'])
locations = st.builds(lambda bucket, key: f"s3://{bucket}/{key}", buckets, words)
outputs = st.builds(
    lambda target, more: {**target, **more},
    targets,
    st.fixed_dictionaries(
        {"S3OutputLocation": locations},
        optional={"CompilerOptions": options, "KmsKeyId": st.just("alias/neo")},
    ),
)
identifiers = st.text("abc0123456789", min_size=1, max_size=8)
networks = st.fixed_dictionaries(
    {
        "SecurityGroupIds": st.lists(identifiers.map("sg-{}".format), min_size=1, max_size=5),
        "Subnets": st.lists(identifiers.map("subnet-{}".format), min_size=1, max_size=4),
    }
)
seconds = st.integers(1, 86_400)
conditions = st.fixed_dictionaries(
    {},
    optional={
        "MaxRuntimeInSeconds": seconds,
        "MaxWaitTimeInSeconds": seconds,
        "MaxPendingTimeInSeconds": seconds,
    },
)
tags = st.dictionaries(st.text("abcXYZ", min_size=1, max_size=6), st.text("abc 1", max_size=8))
requests = st.builds(
    lambda model, more: JobRequest.from_wire({**model, **more}),
    models,
    st.fixed_dictionaries(
        {
            "RoleArn": st.sampled_from([ROLE, ROLE + "2"]),
            "OutputConfig": outputs,
            "StoppingCondition": conditions,
        },
        optional={
            "VpcConfig": networks,
            "Tags": tags.map(lambda each: [{"Key": k, "Value": v} for k, v in each.items()]),
        },
    ),
)
owners = st.from_regex(r"[a-z][a-z0-9]{2,19}", fullmatch=True).map(Owner)
logical_names = st.text(min_size=0, max_size=200)
declarations = st.builds(
    Declaration,
    owner=owners,
    logical_name=logical_names,
    request=requests,
    revision=st.none() | words,
    exact_output=st.booleans(),
)


def a_request(**changes: object) -> JobRequest:
    """Return an ordinary request."""
    wire = {
        "RoleArn": ROLE,
        "InputConfig": {
            "S3Uri": "s3://models/resnet/model.tar.gz",
            "DataInputConfig": '{"data": [1, 3, 224, 224]}',
            "Framework": "ONNX",
        },
        "OutputConfig": {"S3OutputLocation": "s3://artifacts/neo", "TargetDevice": "ml_c5"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 900},
        **changes,
    }
    return JobRequest.from_wire(wire)


def a_declaration(name: str = "Stack/Resnet", **changes: object) -> Declaration:
    """Return an ordinary declaration; keywords are fields of its request."""
    return Declaration(Owner("team"), name, a_request(**changes))


def a_job(
    declaration: Declaration,
    status: JobStatus,
    *,
    attempt: int = 0,
    operation: str = "op-1",
    created: datetime = BEGAN + timedelta(seconds=5),
    reason: str = "",
    artifact_present: bool | None = None,
) -> ObservedJob:
    """Return a job of ours as it would be observed, with its tags."""
    name = declaration.identity.attempt(attempt)
    return ObservedJob(
        name=str(name),
        arn=f"arn:aws:sagemaker:us-east-1:111122223333:compilation-job/{name}",
        status=status,
        created=created,
        failure_reason=reason,
        tags=dict(ownership_tags(declaration, name, operation)),
        artifact_present=artifact_present,
    )
