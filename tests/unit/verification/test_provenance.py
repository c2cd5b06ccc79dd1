"""Statements about artifacts: written of a job, read as hostile data, and contradicted."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.inspection.errors import Damaged, InspectionError
from reconciler.inspection.limits import Limits, ReadBudget
from reconciler.verification.expectation import expectation_of
from reconciler.verification.provenance import check_provenance, read_statement, statement_of
from tests.unit.inspection.archives import pack
from tests.unit.verification.artifacts import REQUEST, dlr_files, read_bytes

ARCHIVE = pack(dlr_files())
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()
JOB = ObservedJob(
    name="vision-a-ml-c5-omhsdssni6yl",
    arn="arn:aws:sagemaker:eu-west-1:111122223333:compilation-job/vision-a-ml-c5-omhsdssni6yl",
    status=JobStatus.COMPLETED,
    created=datetime(2026, 1, 2, tzinfo=UTC),
    s3_model_artifacts="s3://models/out/model-ml_c5.tar.gz",
    described={
        "InputConfig": {"S3Uri": "s3://models/m.tar.gz", "Framework": "ONNX"},
        "OutputConfig": {"TargetDevice": "ml_c5"},
        "RoleArn": "arn:aws:iam::111122223333:role/r",
    },
)


def statement(**changes: Any) -> dict[str, Any]:
    return statement_of(JOB, "a.tar.gz", SHA256, source_sha256="a" * 64) | changes


def read(value: object) -> Any:
    return read_statement(json.dumps(value).encode(), ReadBudget(Limits()))


def test_what_is_written_is_read() -> None:
    found = read(statement())
    assert found.sha256 == (SHA256,)
    assert found.job_arn == JOB.arn
    assert (found.source, found.source_sha256) == ("s3://models/m.tar.gz", "a" * 64)
    assert found.request["OutputConfig"] == {"TargetDevice": "ml_c5"}
    assert found.engine == ""


def test_the_role_is_not_in_it() -> None:
    assert "RoleArn" not in json.dumps(statement())


def test_the_local_engine_is_named_as_the_builder() -> None:
    assert read(statement_of(JOB, "a.tar.gz", SHA256, engine="neo_local")).engine == "neo_local"


def test_it_has_the_form_of_in_toto_and_slsa() -> None:
    made = statement()
    assert made["_type"] == "https://in-toto.io/Statement/v1"
    assert made["predicateType"] == "https://slsa.dev/provenance/v1"
    assert made["subject"][0]["digest"] == {"sha256": SHA256}
    assert set(made["predicate"]) == {"buildDefinition", "runDetails"}
    assert made["predicate"]["runDetails"]["metadata"]["invocationId"] == JOB.arn


def test_the_archive_that_it_is_about_contradicts_nothing() -> None:
    expected = expectation_of(REQUEST | {"OutputConfig": {"TargetDevice": "ml_c5"}})
    assert list(check_provenance(read_bytes(ARCHIVE), read(statement()), expected)) == []


def test_another_archive_and_another_target_are_errors() -> None:
    expected = expectation_of(REQUEST | {"OutputConfig": {"TargetDevice": "rasp3b"}})
    other = read_bytes(pack({**dlr_files(), "more": b"x"}))
    found = list(check_provenance(other, read(statement()), expected))
    assert [one.code for one in found] == ["NEO918", "NEO918"]
    assert found[0].allowed == f"sha256 {SHA256}"
    assert (found[1].got, found[1].allowed) == ("ml_c5", "rasp3b")


@pytest.mark.parametrize(
    "value",
    [
        [], {}, None, {"_type": "https://in-toto.io/Statement/v1"},
        statement(subject=[]), statement(subject=[{"digest": {"md5": "1"}}]),
        statement(predicateType="https://slsa.dev/provenance/v0.2"),
    ],
)  # fmt: skip
def test_other_json_is_not_a_statement(value: object) -> None:
    with pytest.raises(Damaged):
        read(value)


@pytest.mark.parametrize("key", ["subject", "predicate"])
@pytest.mark.parametrize("value", [None, 1, "x", [1], {"a": [[]]}, [{"digest": 1}]])
def test_a_statement_of_odd_values_is_read_or_refused(key: str, value: object) -> None:
    try:
        read(statement(**{key: value}))
    except InspectionError:
        assert key == "subject"
