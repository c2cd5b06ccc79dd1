"""What users read: every finding with its path, words, allowed values and hint."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.rules.families.registry import REQUEST_RULES
from tests.unit.rules.recorded import findings, read

CASES = read()


@pytest.mark.parametrize("case", CASES, ids=[f"line {n}" for n in range(1, len(CASES) + 1)])
def test_a_request_has_the_findings_that_are_recorded(case: dict[str, Any]) -> None:
    assert findings(case) == case["findings"]


def test_every_rule_about_requests_has_a_recorded_finding() -> None:
    recorded = {finding["code"] for case in CASES for finding in case["findings"]}
    assert recorded == set(REQUEST_RULES)
