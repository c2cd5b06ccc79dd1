"""Suppressions: for a file, a model, a target or a line, with a reason, and only while needed."""

from __future__ import annotations

import pytest

from reconciler.rules.organisation_policy import OrganisationPolicy
from tests.unit.specs.fleets import FLEET, found, places

NHWC = FLEET.replace("[1, 3, 224, 224]", "[1, 224, 224, 3]")
REQUEST = """\
CompilationJobName: m
RoleArn: arn:aws:iam::111122223333:role/neo
InputConfig: {S3Uri: s3://b/m.tar.gz, Framework: ONNX, DataInputConfig: '{"a": [1, 3]}'}
OutputConfig: {S3OutputLocation: s3://b/o, TargetDevice: ml_c5}
StoppingCondition: {MaxRuntimeInSeconds: 900}
"""
ENTRY = "suppress: [{code: NEO307, reason: channels last on purpose}]"


def codes(text: str) -> set[str]:
    return {code for code, *_ in places(text)}


def test_without_a_suppression_the_rule_reports() -> None:
    assert codes(NHWC) == {"NEO307"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("models:", f"{ENTRY}\nmodels:"),
        ("    targets:", f"    {ENTRY}\n    targets:"),
        ("[ml_c5, LINUX/ARM64]", f"[{{TargetDevice: ml_c5, {ENTRY}}}]"),
        ("LINUX/ARM64]", f"LINUX/ARM64]\n    overrides: {{ml_c5: {{{ENTRY}}}, "
                         f"LINUX_ARM64: {{{ENTRY}}}}}"),
        ("224, 3]}", "224, 3]} # neoctl: ignore NEO307 because channels last on purpose"),
        ("    DataInput", "    # neoctl: ignore NEO307 -- on purpose\n    DataInput"),
        ("apiVersion", "# neoctl: ignore-file NEO307,NEO308: on purpose\napiVersion"),
    ],
)  # fmt: skip
def test_a_suppression_holds_where_it_stands(old: str, new: str) -> None:
    assert old in NHWC
    assert codes(NHWC.replace(old, new, 1)) <= {"NEO020"}
    assert "NEO307" not in codes(NHWC.replace(old, new, 1))


def test_a_targets_suppression_leaves_the_others_alone() -> None:
    text = NHWC.replace("LINUX/ARM64]", f"LINUX/ARM64]\n    overrides: {{ml_c5: {{{ENTRY}}}}}")
    jobs = {item.job for item in found(text) if item.finding.code == "NEO307"}
    assert jobs == {"resnet18/LINUX_ARM64"}


@pytest.mark.parametrize(
    "text",
    [
        FLEET.replace("models:", f"{ENTRY}\nmodels:"),
        FLEET.replace("224]}", "224]} # neoctl: ignore NEO307 because of nothing"),
    ],
)
def test_a_suppression_that_suppresses_nothing_is_a_finding(text: str) -> None:
    assert codes(text) == {"NEO020"}


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("NEO101", "InputConfig: {S3Uri: s3://b/m.tar.gz}"),
        ("NEO102", "Foo: 1"),
        ("NEO103", "StoppingCondition: {MaxRuntimeInSeconds: '900) or exit('}"),
        (
            "NEO108",
            "ModelPackageVersionArn: 'arn:aws:sagemaker:us-east-1:111122223333:model-package/m/1'",
        ),
        ("NEO109", "OutputConfig: {S3OutputLocation: s3://b/o}"),
        ("NEO110", "OutputConfig: {S3OutputLocation: s3://b/o, TargetDevice: null}"),
    ],
)
def test_a_request_that_cannot_be_read_is_an_error_all_the_same(code: str, line: str) -> None:
    field = line.partition(":")[0]
    kept = [each for each in REQUEST.splitlines() if not each.startswith(f"{field}:")]
    text = "\n".join([f"# neoctl: ignore-file {code} because it is needed", *kept, line, ""])
    assert code in codes(text)


def test_a_suppression_needs_a_reason() -> None:
    assert codes(NHWC.replace("3]}", "3]} # neoctl: ignore NEO307")) == {"NEO021", "NEO307"}
    assert "NEO013" in codes(NHWC.replace("models:", "suppress: [{code: NEO307}]\nmodels:"))
    assert "NEO015" in codes(
        NHWC.replace("models:", "suppress: [{code: NEO307, reason: ' '}]\nmodels:")
    )


def test_a_policy_cannot_be_suppressed() -> None:
    entry = "suppress: [{code: NEO702, reason: I do not want to}]"
    text = FLEET.replace("models:", f"{entry}\nmodels:")
    found_codes = {
        item.finding.code for item in found(text, policy=OrganisationPolicy(require_vpc=True))
    }
    assert "NEO702" in found_codes
