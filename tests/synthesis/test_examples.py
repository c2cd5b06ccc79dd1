"""Every example synthesizes to what it did, and linters have nothing to say about it."""

from __future__ import annotations

import json
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cfnlint import api as cfn_lint  # type: ignore[import-untyped]
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.paths import ROOT
from tests.synthesis.scrubbed import scrubbed

EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))
# The linters take seconds a template: some every day, all in the long profile.
EVERY_DAY = ("01_smallest", "04_vpc_only", "08_guardrails", "10_fleet")
LINTED = [
    pytest.param(
        path, id=path.stem, marks=() if path.stem in EVERY_DAY else (pytest.mark.long,)
    )
    for path in EXAMPLES
]  # fmt: skip
# CDK itself writes dependencies that references imply.
IGNORED = ["W3005"]
# In what CDK Pipelines writes: a joined value where cfn-lint would like a substituted one.
PIPELINES = ["E3703"]
REGIONS = ["us-east-1"]


@cache
def templates(example: Path) -> dict[str, dict[str, Any]]:
    """Return the templates of an example by stack, without writing them into the repository."""
    app = cdk.App(analytics_reporting=False)
    runpy.run_path(str(example), run_name="example")["build"](app)
    found: dict[str, dict[str, Any]] = {}
    _collect(app.synth(), found)
    return found


def _collect(assembly: Any, found: dict[str, dict[str, Any]]) -> None:
    for stack in assembly.stacks:
        found[stack.stack_name] = stack.template
    for nested in assembly.nested_assemblies:
        _collect(nested.nested_assembly, found)


def without_provider(template: dict[str, Any]) -> dict[str, Any]:
    """Return a template without the provider, which has a snapshot of its own."""
    resources = {
        name: resource
        for name, resource in template["Resources"].items()
        if not name.startswith("NeoCompilationProvider")
    }
    return {"Resources": resources, "Outputs": template.get("Outputs", {})}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_what_it_was(example: Path, snapshot: SnapshotAssertion) -> None:
    slices = {name: without_provider(found) for name, found in templates(example).items()}
    assert scrubbed(slices) == snapshot.use_extension(JSONSnapshotExtension)


@pytest.mark.parametrize("example", LINTED)
def test_cfn_lint_has_nothing_to_say(example: Path) -> None:
    for name, template in templates(example).items():
        ignored = [*IGNORED, *(PIPELINES if name == "Platform" else ())]
        found = cfn_lint.lint(
            json.dumps(template, indent=1), config={"ignore_checks": ignored, "regions": REGIONS}
        )
        assert [f"{name}: {match}" for match in found] == []


def test_cfn_lint_sees_mistakes() -> None:
    broken = {"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"Nonsense": 1}}}}
    assert cfn_lint.lint(json.dumps(broken), config={"regions": REGIONS})


def test_the_examples_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:2]) for path in EXAMPLES]
    assert numbers == list(range(1, len(EXAMPLES) + 1))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_alarms_reach_their_topics(example: Path) -> None:
    for template in templates(example).values():
        resources = template["Resources"]
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm"):
            for action in alarm.get("AlarmActions", []):
                topic = action["Ref"]
                policies = [
                    policy["PolicyDocument"]
                    for policy in of_type(resources, "AWS::SNS::TopicPolicy")
                    if {"Ref": topic} in policy["Topics"]
                ]
                assert not policies or any(admits_alarms(each) for each in policies)
                key = resources[topic]["Properties"].get("KmsMasterKeyId")
                if key is not None:
                    policy = resources[key["Fn::GetAtt"][0]]["Properties"]["KeyPolicy"]
                    assert admits_alarms(policy)


def of_type(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the properties of the resources of a type."""
    return [each["Properties"] for each in resources.values() if each["Type"] == kind]


def admits_alarms(policy: dict[str, Any]) -> bool:
    """Return whether CloudWatch's alarms may do something under a resource's policy."""
    return any(
        statement["Effect"] == "Allow"
        and isinstance(statement["Principal"], dict)
        and statement["Principal"].get("Service") == "cloudwatch.amazonaws.com"
        for statement in policy["Statement"]
    )
