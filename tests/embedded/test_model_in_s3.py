"""Models in S3, read through the embedded AWS by neoctl as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedded.aws import EmbeddedAws
from tests.unit.inspection.archives import pack_model

pytestmark = pytest.mark.embedded


def neoctl(aws: EmbeddedAws, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "neoctl"), *words],
        env=aws.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_model_in_s3_is_read_and_gets_a_spec(embedded_aws: EmbeddedAws) -> None:
    s3 = embedded_aws.client("s3")
    s3.create_bucket(Bucket="inspected")
    archive = pack_model("light_squeezenet.onnx")
    s3.put_object(Bucket="inspected", Key="in/squeezenet.tar.gz", Body=archive)
    uri = "s3://inspected/in/squeezenet.tar.gz"
    looked = neoctl(embedded_aws, "inspect", uri)
    assert looked.returncode == 0, looked.stderr
    assert 'DataInputConfig: {"data_0": [1, 3, 224, 224]}' in looked.stdout
    written = neoctl(embedded_aws, "init", uri, "--target", "ml_c5", "-o", "-")
    assert written.returncode == 0, written.stderr
    assert f"S3Uri: {uri}" in written.stdout


def test_an_object_that_is_not_there_is_told(embedded_aws: EmbeddedAws) -> None:
    embedded_aws.client("s3").create_bucket(Bucket="empty-of-models")
    missing = neoctl(embedded_aws, "inspect", "s3://empty-of-models/none.tar.gz")
    assert missing.returncode == 2
    assert "the object does not exist" in missing.stderr
    nowhere = neoctl(embedded_aws, "inspect", "s3://no-such-bucket-here/none.tar.gz")
    assert nowhere.returncode == 2
    assert "the bucket does not exist" in nowhere.stderr
