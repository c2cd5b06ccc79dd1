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
    ],
)  # fmt: skip
def test_a_reason_has_a_name(reason: str, name: str) -> None:
    assert failure_of(reason).name == name


@pytest.mark.parametrize("reason", ["", "Unexpected error during compilation", "Killed"])
def test_what_nobody_knows_is_not_tried_again(reason: str) -> None:
    failure = failure_of(reason)
    assert failure.name == ""
    assert not failure.is_transient
