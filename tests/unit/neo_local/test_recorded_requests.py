"""Requests that the real service is on record to have taken, or AWS documents, are taken here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from neo_local.endpoint.errors import ServiceError
from neo_local.endpoint.refusals import check_create
from neo_local.endpoint.shapes import load_sagemaker
from neo_local.endpoint.validation import parse_request
from tests.paths import ROOT

CORPUS = ROOT / "tests" / "unit" / "rules" / "corpus" / "requests.jsonl"
CASES = [json.loads(line) for line in CORPUS.read_text().splitlines()]
TAKEN = [
    case
    for case in CASES
    if case["evidence"] in ("ran", "documented", "written") or case.get("stage") == "job"
]


def create(case: dict[str, Any]) -> None:
    request = {"CompilationJobName": "recorded", **case["request"]}
    check_create(parse_request(load_sagemaker(), "CreateCompilationJob", request))


@pytest.mark.parametrize("case", TAKEN, ids=lambda case: case["id"])
def test_what_the_service_took_is_taken(case: dict[str, Any]) -> None:
    create(case)


def test_both_targets_are_refused_as_documented() -> None:
    case = next(one for one in CASES if one["id"] == "f-doc-both-targets")
    with pytest.raises(ServiceError, match="mutually exclusive"):
        create(case)


def test_there_are_recorded_requests() -> None:
    assert len(TAKEN) > 90
