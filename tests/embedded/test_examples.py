"""Examples deployed with the real CDK CLI on the embedded AWS, and destroyed again."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.embedded import neoctl
from tests.embedded.aws import Cdk, EmbeddedAws, Ran
from tests.paths import ROOT

pytestmark = [pytest.mark.embedded, pytest.mark.compiles, pytest.mark.long]

TINY = ROOT / "examples" / "models" / "tiny-cnn.onnx"
PATIENCE = 12
"""So many empty receives of 20 s each, one after another, and nothing will come any more."""
JOBS = {
    "01_smallest": 1,
    "03_matrix": 7,
    "04_vpc_only": 1,
    "07_parameters": 1,
    "08_guardrails": 1,
    "09_stages": 5,
    "10_fleet": 3,
}


class Example:
    """One example on the embedded AWS."""

    def __init__(self, aws: EmbeddedAws, name: str, folder: Path, **context: str) -> None:
        self.aws, self.folder = aws, folder
        self.cdk = Cdk(aws.environment(), folder / "out", context=context)
        self.app = ("--app", f"python3 examples/{name}.py")

    def deploy(self, *stacks: str) -> dict[str, dict[str, str]]:
        """Outputs by stack."""
        outputs = self.folder / "outputs.json"
        ran = self.cdk.run(
            "deploy", *(stacks or ("**",)), *self.app, "--require-approval", "never",
            "--outputs-file", str(outputs),
        )  # fmt: skip
        assert ran.code == 0, ran.output
        return dict(json.loads(outputs.read_text()))

    def destroy(self, *stacks: str) -> Ran:
        """Everything of it; nothing may live on."""
        ran = self.cdk.run("destroy", *(stacks or ("**",)), *self.app, "--force")
        assert ran.code == 0, ran.output
        assert self.aws.live() == []
        return ran

    def read(self, uri: str) -> bytes:
        """Return an object of S3."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())

    def completed(self, manifest_uri: str) -> dict[str, Any]:
        """Return the manifest of a fleet, all of whose jobs are compiled, every artifact read."""
        manifest = dict(json.loads(self.read(manifest_uri)))
        assert manifest["counts"]["completed"] == manifest["counts"]["total"]
        for entry in manifest["jobs"].values():
            assert len(self.read(entry["artifact"])) > 1000
        return manifest


@pytest.mark.parametrize(("example", "jobs"), JOBS.items(), ids=list(JOBS))
def test_an_example_deploys_compiles_and_goes(
    bootstrapped: EmbeddedAws, example: str, jobs: int, tmp_path: Path
) -> None:
    deployed, before = Example(bootstrapped, example, tmp_path), bootstrapped.creates()
    outputs = deployed.deploy()
    assert bootstrapped.creates() - before == jobs
    for uri in uris(outputs.values()):
        assert len(deployed.read(uri)) > 0
        if uri.endswith("/manifest.json"):
            deployed.completed(uri)
    deployed.destroy()


def test_what_other_teams_own_is_used_as_it_is(bootstrapped: EmbeddedAws, tmp_path: Path) -> None:
    s3, kms = bootstrapped.client("s3"), bootstrapped.client("kms")
    for bucket in ("their-models", "their-artifacts"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    key = kms.create_key()["KeyMetadata"]["Arn"]
    put = {"Bucket": "their-models", "Key": "vision/tiny-cnn.tar.gz"}
    older = s3.put_object(**put, Body=b"an older model")["VersionId"]
    version = s3.put_object(**put, Body=packed(TINY))["VersionId"]
    deployed = Example(
        bootstrapped, "02_existing_resources", tmp_path,
        models="their-models", artifacts="their-artifacts", key=key, version=version,
    )  # fmt: skip
    [uri] = uris(deployed.deploy().values())
    bucket, _, path = uri.removeprefix("s3://").partition("/")
    head = s3.head_object(Bucket=bucket, Key=path)
    assert head["SSEKMSKeyId"] in (key, key.rpartition("/")[2])
    assert head["ContentLength"] > 1000

    # Neo would read the object as it is now: another version than that is refused, at no cost.
    before = bootstrapped.creates()
    ran = deployed.cdk.run(
        "deploy", "**", *deployed.app, "--require-approval", "never", context={"version": older}
    )
    assert ran.code != 0
    assert older in ran.output
    assert bootstrapped.creates() == before
    deployed.destroy()


def test_a_folder_in_git_becomes_jobs_and_an_upload_of_it_replaces_them(
    bootstrapped: EmbeddedAws, tmp_path: Path
) -> None:
    deployed, s3 = Example(bootstrapped, "11_gitops", tmp_path), bootstrapped.client("s3")
    lasting = deployed.deploy("GitOpsBuckets")["GitOpsBuckets"]
    for model in ("squeezenet", "shufflenet"):
        s3.put_object(Bucket=lasting["ModelsIn"], Key=f"{model}.tar.gz", Body=packed(TINY))
    outputs = deployed.deploy()["GitOps"]
    assert len(deployed.completed(outputs["Manifest"])["jobs"]) == 4

    told = queue_of(bootstrapped, outputs["Changed"])
    merged = tmp_path / "gitops"
    shutil.copytree(ROOT / "examples" / "gitops", merged)
    spec = merged / "vision.yaml"
    spec.write_text(spec.read_text().replace("[ml_c5, LINUX/ARM64, rasp4b]", "[ml_c5, rasp3b]"))
    built = neoctl("build", str(merged))
    bucket, _, key = lasting["UploadTo"].removeprefix("s3://").partition("/")
    s3.put_object(Bucket=bucket, Key=key, Body=built.encode())
    assert next_message(bootstrapped, told)["changes"] == {"create": 1}
    for _ in range(PATIENCE):  # the run that took the upload goes on until all are compiled
        if json.loads(deployed.read(outputs["Manifest"]))["counts"]["pending"] == 0:
            break
        bootstrapped.client("sqs").receive_message(QueueUrl=told, WaitTimeSeconds=10)
    assert set(deployed.completed(outputs["Manifest"])["jobs"]) == {
        "shufflenet/ml_c5", "squeezenet/ml_c5", "squeezenet/rasp3b"
    }  # fmt: skip
    deployed.destroy()


def test_an_endpoint_is_made_of_what_was_compiled_and_its_data_is_there(
    bootstrapped: EmbeddedAws, tmp_path: Path
) -> None:
    deployed = Example(bootstrapped, "05_endpoint", tmp_path)
    name = deployed.deploy()["Endpoint"]["ModelName"]
    sagemaker = bootstrapped.client("sagemaker")
    container = sagemaker.describe_model(ModelName=name)["PrimaryContainer"]
    assert len(deployed.read(container["ModelDataUrl"])) > 1000
    assert "neo_local" in container["Image"]
    [endpoint] = sagemaker.list_endpoints()["Endpoints"]
    live = sagemaker.describe_endpoint(EndpointName=endpoint["EndpointName"])
    assert "not served" in live["FailureReason"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=live["EndpointConfigName"])
    assert [one["ModelName"] for one in config["ProductionVariants"]] == [name]
    deployed.destroy()
    with pytest.raises(ClientError, match="Could not find model"):
        sagemaker.describe_model(ModelName=name)
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_a_component_names_an_artifact_that_is_there_and_its_version_is_immutable(
    bootstrapped: EmbeddedAws, tmp_path: Path
) -> None:
    deployed = Example(bootstrapped, "06_greengrass", tmp_path)
    arn = deployed.deploy()["Greengrass"]["ComponentArn"]
    assert arn.endswith(":components:com.example.models.tiny-cnn:versions:1.0.0")
    kept = json.loads((bootstrapped.data / "components.json").read_text())
    [artifact] = kept[arn]["Manifests"][0]["Artifacts"]
    assert len(deployed.read(artifact["Uri"])) > 1000
    deployed.destroy()
    assert json.loads((bootstrapped.data / "components.json").read_text()) == {}


def test_both_accounts_of_the_platform_get_their_fleet(
    bootstrapped: EmbeddedAws, tmp_path: Path
) -> None:
    here = "000000000000"  # the embedded AWS has one account, and no CodePipeline
    deployed = Example(
        bootstrapped, "12_platform", tmp_path, dev=here, prod=here, models="trained-models"
    )
    s3 = bootstrapped.client("s3")
    s3.create_bucket(Bucket="trained-models")
    for model in ("ranking", "search", "camera"):
        s3.put_object(Bucket="trained-models", Key=f"{model}.tar.gz", Body=packed(TINY))
    before = bootstrapped.creates()
    for stack in deployed.deploy("Dev/*", "Prod/*").values():
        assert len(deployed.completed(stack["Manifest"])["jobs"]) == 4
    assert bootstrapped.creates() - before == 8
    deployed.destroy("Dev/*", "Prod/*")


def queue_of(aws: EmbeddedAws, topic: str) -> str:
    """A new queue that hears what the topic tells."""
    queue = str(aws.client("sqs").create_queue(QueueName="heard")["QueueUrl"])
    name = f"arn:aws:sqs:us-east-1:000000000000:{queue.rpartition('/')[2]}"
    aws.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=name, Attributes={"RawMessageDelivery": "true"}
    )
    return queue


def next_message(aws: EmbeddedAws, queue: str) -> dict[str, Any]:
    """Return the next message of a queue."""
    sqs = aws.client("sqs")
    for _ in range(PATIENCE):
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return dict(json.loads(message["Body"]))
    raise AssertionError("nothing came")


def uris(outputs: Iterable[dict[str, str]]) -> list[str]:
    """Return the outputs that are addresses in S3."""
    return [value for stack in outputs for value in stack.values() if value.startswith("s3://")]


def packed(model: Path) -> bytes:
    """Return a model as Neo wants it: a tar.gz with the file at its top."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as archive:
        archive.add(model, arcname=model.name)
    return body.getvalue()
