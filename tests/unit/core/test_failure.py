"""Failure reasons: users' own are never retried, and each has a hint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.failure import FailureKind, failure_of

RECORDED = [
    json.loads(line)
    for line in Path(__file__).with_name("failure_reasons.jsonl").read_text().splitlines()
]
KINDS = {
    "input": {FailureKind.INPUT},
    "access": {FailureKind.INPUT, FailureKind.PERMISSION},
    "timeout": {FailureKind.TIMEOUT},
    "service": {FailureKind.SYSTEM},
    "unknown": {FailureKind.SYSTEM},
}


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case["reason"][:60])
def test_a_recorded_reason_is_understood(case: dict[str, Any]) -> None:
    failure = failure_of(case["reason"])
    assert failure.kind in KINDS[case["kind"]]
    assert failure.is_transient is case["worth_a_retry"]
    assert failure.hint or failure.is_transient


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("Client Error: InputConfiguration: Check 1 inputs", "client-error"),
        ("CompilationError: Could not find a torch implementation for prim::If",
         "scripted-torch-model"),
        ("ClientError: InputConfiguration: No module named '__torch__'", "scripted-torch-model"),
        ("ClientError: CompilationError: aten::alias is not supported", "unsupported-operator"),
        ("ClientError: OperatorAttributeRequired: pads", "operator-attribute"),
        ("ClientError: InputConfiguration: No valid TensorFlow model found in input files",
         "no-valid-model"),
        ("ClientError: TimeOut: the job ran longer than MaxRuntimeInSeconds", "job-timeout"),
        ("ServerError: Connection to s3 timed out", "service-error"),
        ("ClientError: KMS key alias/a is Disabled.", "permission-denied"),
        ("CapacityError: Unable to provision requested ML compute capacity due to "
         "InsufficientInstanceCapacity error.", "service-error"),
        ("ClientError: InputConfiguration: TVM cannot convert ONNX model. Please make sure the "
         "framework you selected is correct. list index out of range", "cannot-convert"),
        ("ClientError: InputConfiguration: shapes [1, 403, 403] and [1, 404] differ",
         "client-error"),
        ("ClientError: CompilationError: neuron-cc terminated with status -9 (out of memory)",
         "too-large"),
        ("ClientError: InputConfiguration: Input data not found in Input Shape dictionary",
         "wrong-input-shape"),
        ("ClientError: InputConfiguration: S3 object s3://b/k.tar.gz does not exist",
         "missing-object"),
        ("ClientError: InputConfiguration: ONNX: Unsupported ONNX opset version: 17",
         "incompatible-version"),
        ("ClientError: Framework version 1.13 is not supported for target ml_inf1",
         "incompatible-version"),
        ("Error: InputConfiguration : The model archive contains no model", "client-error"),
        ("CustomerError: The model data archive is too large.", "too-large"),
    ],
)  # fmt: skip
def test_a_reason_has_a_name(reason: str, name: str) -> None:
    assert failure_of(reason).name == name


@pytest.mark.parametrize("reason", ["", "Unexpected error during compilation", "Killed"])
def test_what_nobody_knows_is_not_tried_again(reason: str) -> None:
    failure = failure_of(reason)
    assert failure.name == ""
    assert not failure.is_transient
