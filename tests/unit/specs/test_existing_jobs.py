"""``existingJob`` in specs: where it may stand, and which rules still hold."""

from __future__ import annotations

import pytest

from reconciler.rules.finding import Severity
from reconciler.rules.organisation_policy import OrganisationPolicy
from tests.unit.specs.fleets import FLEET, found, loaded, places

EXISTING = FLEET.replace(
    "[ml_c5, LINUX/ARM64]", "[ml_c5, {TargetDevice: ml_m5, existingJob: Their-job-1}]"
)
OVERRIDE = FLEET.replace(
    "targets: [ml_c5, LINUX/ARM64]",
    "targets: [ml_c5, LINUX/ARM64]\n    overrides: {ml_c5: {existingJob: their-job}}",
)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (FLEET, {}),
        (EXISTING, {"resnet18/ml_m5": "Their-job-1"}),
        (OVERRIDE, {"resnet18/ml_c5": "their-job"}),
    ],
)
def test_it_is_of_the_one_job_that_it_stands_at(spec: str, expected: dict[str, str]) -> None:
    jobs = loaded(spec).jobs
    assert {job.name: job.existing_job for job in jobs if job.existing_job} == expected
    assert all(job.exact_output == (job.existing_job is not None) for job in jobs)
    assert places(spec) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column"),
    [
        ("Their-job-1", "not a name", "NEO015", 9, 57),
        ("Their-job-1", "[a]", "NEO012", 9, 57),
        ("  resnet18:", "  resnet18:\n    existingJob: a", "NEO011", 6, 5),
        ("defaults: {", "defaults: {existingJob: a, ", "NEO011", 3, 12),
    ],
)
def test_a_mistake_has_its_place(old: str, new: str, code: str, line: int, column: int) -> None:
    assert (code, line, column) in places(EXISTING.replace(old, new))


def test_rules_about_what_would_be_created_do_not_hold_but_form_and_policy_do() -> None:
    refused = EXISTING.replace("[1, 3, 224, 224]", "[1, 3, 224, -1]")
    jobs = {item.job for item in found(refused) if item.finding.severity is Severity.ERROR}
    assert jobs == {"resnet18/ml_c5"}
    malformed = EXISTING.replace("arn:aws:iam::111122223333:role/NeoRole", "nobody")
    codes = {item.finding.code for item in found(malformed) if item.job == "resnet18/ml_m5"}
    assert any(code.startswith("NEO1") for code in codes)
    policy = OrganisationPolicy(require_kms_key=True)
    assert "resnet18/ml_m5" in {item.job for item in found(EXISTING, policy=policy)}
