"""``neoctl status``, ``wait``, ``artifacts``, ``logs`` and ``doctor`` on the embedded AWS."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.embedded.aws import EmbeddedAws
from tests.embedded.test_plan_and_apply import Neoctl, prepared

pytestmark = [pytest.mark.embedded, pytest.mark.compiles]
BROKEN = """\
  wrong:
    S3Uri: s3://unlucky/models/tiny.tar.gz
    Framework: ONNX
    DataInputConfig: {data: [1, 3, 64]}
    targets: [ml_m5]
"""


def counted(neoctl: Neoctl, *words: str) -> tuple[str, int, int]:
    """Run neoctl; return what it printed, and how many Lists and Describes it made."""
    operations = ("ListCompilationJobs", "DescribeCompilationJob")
    before = [neoctl.count(each) for each in operations]
    printed = neoctl.run(*words)
    lists, describes = (
        neoctl.count(each) - count for each, count in zip(operations, before, strict=True)
    )
    return printed, lists, describes


def test_a_fleet_is_waited_for_looked_at_and_brought_home(
    embedded_aws: EmbeddedAws, tmp_path: Path
) -> None:
    neoctl = prepared(embedded_aws, tmp_path, "lived")
    assert "2 not created" in neoctl.run("status", "fleet.yaml")
    neoctl.run("wait", "fleet.yaml", "--timeout", "0", code=2)
    assert " error" not in neoctl.run("doctor", "fleet.yaml")
    neoctl.run("apply", "fleet.yaml", "-y", "--no-wait")
    waited = neoctl.run("wait", "fleet.yaml", "--interval", "1", "--timeout", "300")
    assert "2 jobs: 2 completed." in waited

    printed, lists, describes = counted(neoctl, "status", "fleet.yaml", "--format", "json")
    assert (lists, describes) == (1, 0)
    rows = {job["target"]: job for job in json.loads(printed)["jobs"]}
    assert {job["state"] for job in rows.values()} == {"completed"}
    assert all(job["duration_seconds"] >= 0 for job in rows.values())

    job = rows["ml_c5"]["job"]
    neoctl.run("artifacts", job, "--download", "out")
    described = neoctl.aws.client("sagemaker").describe_compilation_job(CompilationJobName=job)
    artifact = (neoctl.folder / "out" / f"{job}.tar.gz").read_bytes()
    digest = hashlib.blake2b(artifact).hexdigest()
    assert digest == described["ModelDigests"]["ArtifactDigest"]

    where = described["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://lived/")
    neoctl.aws.client("s3").delete_object(Bucket="lived", Key=where)
    assert "1 artifact missing" in neoctl.run("status", "fleet.yaml", "--details")
    neoctl.run("artifacts", job, code=1)


def test_a_failure_is_said_with_its_reason_at_the_cost_of_one_describe(
    embedded_aws: EmbeddedAws, tmp_path: Path
) -> None:
    neoctl = prepared(embedded_aws, tmp_path, "unlucky")
    spec = neoctl.folder / "fleet.yaml"
    spec.write_text(spec.read_text() + BROKEN)
    neoctl.run("apply", "fleet.yaml", "--include", "wrong/*", "-y", code=1)
    neoctl.run("wait", "fleet.yaml", "--include", "wrong/*", code=1)
    neoctl.run("wait", "fleet.yaml", "--include", "wrong/*", "--until", "terminal")
    printed, lists, describes = counted(neoctl, "status", "--name", "unlucky-wrong-*")
    assert (lists, describes) == (1, 1)
    assert "input: ClientError" in printed
    assert "neoctl explain wrong-input-shape" in printed
