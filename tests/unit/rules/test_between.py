"""Between jobs, and between generations of one job: whose artifact is whose."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.rules.families.cross_job import NamedRequest, check, output_object
from tests.unit.rules.requests import patched


def codes(*jobs: NamedRequest) -> set[str]:
    return {finding.code for _, finding, _ in check(jobs)}


def job(name: str, patch: dict[str, Any] | None = None, *, exact: bool = True) -> NamedRequest:
    return NamedRequest(name, patched(patch or {}), exact)


@pytest.mark.parametrize(
    ("patch", "key"),
    [
        ({}, "out/model-ml_c5.tar.gz"),
        ({"InputConfig": {"S3Uri": "s3://b/deep/er/net.v2.tgz"}}, "out/net.v2-ml_c5.tar.gz"),
        ({"OutputConfig": {"S3OutputLocation": "s3://example-bucket"}}, "model-ml_c5.tar.gz"),
        (
            {"OutputConfig": {"TargetDevice": None, "TargetPlatform": {
                "Os": "LINUX", "Arch": "ARM64", "Accelerator": "NVIDIA"}}},
            "out/model-LINUX_ARM64_NVIDIA.tar.gz",
        ),
    ],
)  # fmt: skip
def test_the_artifacts_name_is_that_of_model_and_target(patch: dict[str, Any], key: str) -> None:
    location = output_object(patched(patch))
    assert location is not None
    assert (location.bucket, location.key) == ("example-bucket", key)


def test_one_basename_target_and_prefix_is_one_object() -> None:
    other = {"InputConfig": {"S3Uri": "s3://another/model.tar.gz"}}
    slash = {"OutputConfig": {"S3OutputLocation": "s3://example-bucket/out"}, **other}
    assert "NEO601" in codes(job("a"), job("b", other))
    assert "NEO601" in codes(job("a"), job("b", slash))
    assert "NEO601" not in codes(job("a"), job("b", {**other, "OutputConfig": {
        "S3OutputLocation": "s3://example-bucket/elsewhere/"}}))  # fmt: skip


def test_folders_of_their_own_keep_jobs_and_generations_apart() -> None:
    other = {"InputConfig": {"S3Uri": "s3://another/model.tar.gz"}}
    assert codes(job("a", exact=False), job("b", other, exact=False)) == set()


def test_a_job_that_is_there_twice_is_said_to_be() -> None:
    assert codes(job("a", exact=False), job("b", exact=False)) == {"NEO602"}
    assert "NEO603" in codes(job("a"), job("a"))


def test_the_same_name_of_two_owners_is_two_names() -> None:
    one, other = (NamedRequest("a", patched({}), False, owner) for owner in ("vision", "speech"))
    assert codes(one, other) == set()


def test_late_values_are_no_duplicates() -> None:
    jobs = [job("a", {"InputConfig": {"S3Uri": "LATE"}}, exact=False),
            job("b", {"InputConfig": {"S3Uri": "LATE"}}, exact=False)]  # fmt: skip
    found = check(
        jobs, lambda value: value == "LATE" or (isinstance(value, list) and "LATE" in value)
    )
    assert list(found) == []


def test_what_is_no_request_collides_with_nothing() -> None:
    assert codes(NamedRequest("a", {}), NamedRequest("b", {"OutputConfig": 7})) == set()
