"""The endpoint beside MiniStack: models out of S3, artifacts into S3, keys out of KMS."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.aws import EmbeddedAws, local_python, make_role
from tests.fakes.endpoint import create_request
from tests.unit.neo_local.compiling import archive_of

pytestmark = [pytest.mark.embedded, pytest.mark.compiles]
BUCKET, ELSEWHERE = "endpoint-models", "endpoint-models-in-europe"
ROLE_NAME = "endpoint-jobs"
UPLOAD = "ClientError: OutputConfiguration: Unable to upload compiled model: An error occurred "
LONG = pytest.mark.long
PATIENCE_SECONDS = 120.0

Outcome = Mapping[str, Any]
RunJob = Callable[..., Outcome]


@pytest.fixture(scope="module")
def s3(embedded_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A client, with a model at ``in/model.tar.gz`` of one bucket here and one in Europe."""
    folder = tmp_path_factory.mktemp("models")
    local_python(str(Path(__file__).with_name("make_models.py")), folder)
    archive = archive_of({"model.onnx": (folder / "dense.onnx").read_bytes()})
    client = embedded_aws.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.create_bucket(
        Bucket=ELSEWHERE, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    for bucket in (BUCKET, ELSEWHERE):
        client.put_object(Bucket=bucket, Key="in/model.tar.gz", Body=archive)
    make_role(embedded_aws, ROLE_NAME, "s3:GetObject", "s3:PutObject", "kms:GenerateDataKey")
    return client


@pytest.fixture
def run_job(embedded_aws: EmbeddedAws, s3: Any, request: pytest.FixtureRequest) -> RunJob:
    """Creates a job named after the test and waits for its end."""
    del s3
    sagemaker = embedded_aws.client("sagemaker")

    def run(source: str = f"s3://{BUCKET}/in/model.tar.gz", **output: Any) -> Outcome:
        name = "".join(c if c.isalnum() else "-" for c in request.node.name)[-60:].strip("-")
        location = f"s3://{BUCKET}/out/{name}/"
        sagemaker.create_compilation_job(
            **create_request(
                name,
                RoleArn=f"arn:aws:iam::000000000000:role/{ROLE_NAME}",
                InputConfig={"S3Uri": source, "Framework": "ONNX"},
                OutputConfig={"S3OutputLocation": location, "TargetDevice": "ml_c5", **output},
            )
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            job: Outcome = sagemaker.describe_compilation_job(CompilationJobName=name)
            if job["CompilationJobStatus"] in ("COMPLETED", "FAILED"):
                return job
            assert time.monotonic() < deadline
            time.sleep(0.2)

    return run


def artifact_of(s3: Any, job: Outcome) -> Any:
    bucket, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").split("/", 1)
    return s3.head_object(Bucket=bucket, Key=key), s3.get_object_tagging(Bucket=bucket, Key=key)


def test_an_artifact_lands_in_s3_and_says_who_made_it(s3: Any, run_job: RunJob) -> None:
    job = run_job()
    assert job["CompilationJobStatus"] == "COMPLETED", job["FailureReason"]
    head, tagging = artifact_of(s3, job)
    assert head["Metadata"]["engine"] == "neo_local"
    assert tagging["TagSet"] == [{"Key": "engine", "Value": "neo_local"}]
    assert "neo_local" in job["InferenceImage"]
    assert job["DerivedInformation"] == {"DerivedDataInputConfig": '{"x": [1, 8]}'}
    assert "ServerSideEncryption" not in head


@pytest.mark.parametrize(
    "form", ["AliasName", *(pytest.param(f, marks=LONG) for f in ("KeyId", "Arn", "AliasArn"))]
)
def test_the_artifact_is_encrypted_with_the_key_asked_for(
    embedded_aws: EmbeddedAws, s3: Any, run_job: RunJob, form: str
) -> None:
    kms = embedded_aws.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/endpoint-{form}", TargetKeyId=key["KeyId"])
    alias = next(
        one for one in kms.list_aliases()["Aliases"] if one["AliasName"].endswith(f"-{form}")
    )
    job = run_job(KmsKeyId={**key, **alias}[form])
    assert job["CompilationJobStatus"] == "COMPLETED", job["FailureReason"]
    head, _ = artifact_of(s3, job)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key["Arn"])


@LONG
def test_a_disabled_key_fails_the_job(embedded_aws: EmbeddedAws, run_job: RunJob) -> None:
    kms = embedded_aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=key)
    assert run_job(KmsKeyId=key)["FailureReason"] == f"ClientError: KMS key {key} is Disabled."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"source": f"s3://{BUCKET}/in/nothing.tar.gz"},
            "ClientError: InputConfiguration: S3 object does not exist. "
            f"Bucket: {BUCKET}, Key: in/nothing.tar.gz",
        ),
        (
            {"source": f"s3://{BUCKET}"},
            f"ClientError: InputConfiguration: S3 object does not exist. Bucket: {BUCKET}, Key: ",
        ),
        (
            {"source": f"s3://{ELSEWHERE}/in/model.tar.gz"},
            f"ClientError: InputConfiguration: Bucket {ELSEWHERE} is in region eu-west-1 which is "
            "different from AWS Sagemaker service region us-east-1",
        ),
        ({"source": "s3://no-such-bucket-here/m.tar.gz"}, "ClientError: An error occurred (NoSuch"),
        ({"source": "s3://No_Bucket!/m.tar.gz"}, "ClientError: "),
        pytest.param(
            {"S3OutputLocation": "s3://no-such-bucket-here/"},
            f"{UPLOAD}(NoSuchBucket) when calling the PutObject operation",
            marks=LONG,
        ),
        ({"KmsKeyId": "alias/nobody"}, f"{UPLOAD}(NotFoundException) when"),
    ],
    ids=["no object", "no key", "region", "no bucket", "bad bucket", "no output", "no kms key"],
)
def test_what_s3_and_kms_refuse_fails_the_job(
    run_job: RunJob, changes: dict[str, Any], reason: str
) -> None:
    job = run_job(**changes)
    assert job["CompilationJobStatus"] == "FAILED"
    assert job["FailureReason"].startswith(reason)
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == ""
