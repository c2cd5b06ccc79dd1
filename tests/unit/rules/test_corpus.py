"""The rules judged by recorded requests: what completed, what AWS documents, what failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.rules.families.check import check_job
from reconciler.rules.finding import Finding, Severity

CORPUS = Path(__file__).parent / "corpus" / "requests.jsonl"
CASES: list[dict[str, Any]] = [
    json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()
]
AWS_CONTRADICTS_ITSELF = {"api-plat-m5-typo"}
EXPECTED = {
    "f-c7n-csv": {"NEO501", "NEO309"},
    "f-fwver-inf1-2022": {"NEO204"},
    "f-fwver-inf1-distilbert-2022": {"NEO204"},
    "f-fwver-eia": {"NEO206", "NEO201"},
    "f-doc-both-targets": {"NEO109"},
    "f-doc-nvidia-no-options": {"NEO402"},
    "f-doc-tf-nchw": {"NEO307"},
    "f-sdk-bad-framework": {"NEO104"},
    "f-sdk-no-framework": {"NEO101"},
    "f-sdk-no-model-data": {"NEO101", "NEO307"},
}
"""The codes that each failure visible in the request is to be caught with."""


def named(*evidence: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["evidence"] in evidence]


def findings(case: dict[str, Any], severity: Severity) -> list[Finding]:
    return [item for item in check_job(case["request"]) if item.severity is severity]


@pytest.mark.parametrize("case", named("ran", "documented"))
def test_what_completed_or_is_documented_has_no_error(case: dict[str, Any]) -> None:
    if case["id"] in AWS_CONTRADICTS_ITSELF:
        return
    assert findings(case, Severity.ERROR) == []


@pytest.mark.parametrize("case", named("ran"))
def test_what_completed_has_no_warning(case: dict[str, Any]) -> None:
    assert findings(case, Severity.WARNING) == []


@pytest.mark.parametrize("case", named("written"))
def test_what_people_write_has_no_error(case: dict[str, Any]) -> None:
    assert findings(case, Severity.ERROR) == []


@pytest.mark.parametrize("case", named("failed"))
def test_what_failed_visibly_is_caught_by_the_right_rules(case: dict[str, Any]) -> None:
    found = {
        item.code
        for severity in (Severity.ERROR, Severity.WARNING)
        for item in findings(case, severity)
    }
    assert found == EXPECTED.get(case["id"], set())


def test_every_failure_that_is_visible_in_the_request_is_expected_to_be_caught() -> None:
    visible = {
        case["id"]
        for case in CASES
        if case["evidence"] == "failed" and str(case["catchable_from"]).startswith("request")
    }
    assert visible == set(EXPECTED)
