"""A job's values in another stack: what becomes an export, and the page's way without one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from neo_constructs import CompilationJob, ConstructError, Target
from reconciler.core.identity import Identity, Owner, slug
from tests.paths import ROOT
from tests.synthesis.annotations import warnings_of
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import OWNER, STACK_ID, Resolver, of_type, only, template_of

PAGE = (ROOT / "docs/constructs/stacks.md").read_text()


def exports_of_jobs(stack: cdk.Stack) -> list[str]:
    """Return the exports whose values change with a compilation."""
    app = cdk.Stage.of(stack)
    assert app is not None
    template = app.synth().get_stack_by_name(stack.stack_name).template
    jobs = [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "Custom::NeoCompilationJob"
    ]
    assert jobs
    return [
        name
        for name, output in template.get("Outputs", {}).items()
        if any(f'"{job}"' in json.dumps(output) for job in jobs)
    ]


@dataclass
class Two:
    """A stack that compiles, its job, and a stack that uses it."""

    app: cdk.App
    compiles: cdk.Stack
    serves: cdk.Stack
    job: CompilationJob
    reader: iam.Role

    def template(self, stack: cdk.Stack) -> dict[str, Any]:
        template = self.app.synth().get_stack_by_name(stack.stack_name).template
        assert isinstance(template, dict)
        return template


def two(environment: cdk.Environment | None = None, **arguments: Any) -> Two:
    app = cdk.App(analytics_reporting=False)
    compiles, serves = cdk.Stack(app, "Compiles"), cdk.Stack(app, "Serves", env=environment)
    given = {"model": model(compiles), "target": Target.ML_C5, **ONNX, **arguments}
    job = CompilationJob(compiles, "Job", **given)
    reader = iam.Role(serves, "Role", assumed_by=iam.ServicePrincipal("lambda"))
    return Two(app, compiles, serves, job, reader)


@pytest.mark.parametrize(
    "use",
    [
        lambda stacks: cdk.CfnOutput(stacks.serves, "Uri", value=stacks.job.compilation_job_arn),
        lambda stacks: cdk.CfnOutput(stacks.serves, "Id", value=stacks.job.ref),
        lambda stacks: cdk.CfnOutput(
            stacks.compiles, "Own", value=f"of {stacks.job.compilation_job_name}", export_name="job"
        ),
    ],
    ids=["an attribute", "its identity", "an export of the app's own"],
)
def test_an_export_that_changes_with_the_job_is_warned_of(use: Callable[[Two], object]) -> None:
    stacks = two()
    use(stacks)
    assert len(exports_of_jobs(stacks.compiles)) == 1
    (said,) = warnings_of(stacks.compiles, "changingExport", "/Compiles/Job")
    assert "job.artifacts_uri_for(scope)" in said


def test_weak_references_and_plain_outputs_are_not_warned_of() -> None:
    stacks = two()
    cdk.CrossStackReferences.of(stacks.job).produce(cdk.ReferenceStrength.WEAK)
    cdk.CfnOutput(stacks.serves, "Name", value=stacks.job.compilation_job_name)
    cdk.CfnOutput(stacks.compiles, "Own", value=stacks.job.compilation_job_name)
    assert warnings_of(stacks.compiles, "changingExport") == []


@pytest.mark.parametrize("exact", [False, True])
def test_grants_to_roles_of_other_stacks_export_nothing_that_changes(exact: bool) -> None:
    stacks = two(exact_output=exact, output_prefix="detector")
    stacks.job.grant_read_artifacts(stacks.reader)
    stacks.job.grant_stop(stacks.reader)
    assert exports_of_jobs(stacks.compiles) == []
    imported = {"Compiles:ExportsOutputRefAWSStackIdB2DD5BAA": STACK_ID}
    (policy,) = of_type(stacks.template(stacks.serves), "AWS::IAM::Policy").values()
    read, stop = _with_imports(policy, imported)["PolicyDocument"]["Statement"]
    identity = str(Identity(Owner(OWNER), slug("Compiles/Job", Owner(OWNER)), "abcdefghijkl"))
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:compilation-job/{identity}"
    named = partial(_matches, stop["Resource"])
    assert named(arn)
    assert named(f"{arn}-r2")
    assert not named(arn.replace("-job-", "-job-small-"))
    folder = "" if exact else f"{identity}/"
    assert fnmatchcase(
        f"/detector/{folder}m-ml_c5.tar.gz", f"/{read['Resource'][1].split('/', 1)[1]}"
    )


def _matches(patterns: list[str], arn: str) -> bool:
    return any(fnmatchcase(arn, pattern) for pattern in patterns)


def _with_imports(resource: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """Return a resource's properties, with values for what it imports."""
    text = re.sub(
        r'\{"Fn::ImportValue": ("[^"]*")\}',
        lambda found: json.dumps(values.get(json.loads(found[1]), "arn:aws:s3:::imported")),
        json.dumps(resource),
    )
    return Resolver().properties(json.loads(text))


def test_grants_in_the_jobs_own_stack_name_the_job_itself() -> None:
    stacks = two()
    role = iam.Role(stacks.compiles, "Here", assumed_by=iam.ServicePrincipal("lambda"))
    stacks.job.grant_describe(role)
    policies = of_type(stacks.template(stacks.compiles), "AWS::IAM::Policy")
    (policy,) = (each for name, each in policies.items() if name.startswith("Here"))
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == {"Fn::GetAtt": ["Job", "CompilationJobArn"]}


def test_the_uri_for_another_stack_is_in_a_parameter_of_the_jobs_stack() -> None:
    stacks = two()
    for output in ("One", "Two"):
        uri = stacks.job.artifacts_uri_for(stacks.reader)
        cdk.CfnOutput(stacks.serves, output, value=uri)
    assert exports_of_jobs(stacks.compiles) == []
    written = only(stacks.template(stacks.compiles), "AWS::SSM::Parameter")["Properties"]
    assert written["Value"] == {"Fn::GetAtt": ["Job", "S3ModelArtifacts"]}
    read = stacks.template(stacks.serves)["Parameters"].values()
    assert [each["Default"] for each in read if "neo" in each["Default"]] == [written["Name"]]
    assert stacks.compiles in stacks.serves.dependencies


def test_the_uri_in_the_jobs_own_stack_is_the_attribute() -> None:
    stacks = two()
    here = stacks.job.artifacts_uri_for(stacks.compiles)
    assert here == stacks.job.compilation_job_artifacts_uri
    assert of_type(stacks.template(stacks.compiles), "AWS::SSM::Parameter") == {}
    stacks.job.artifacts_uri_for(stacks.compiles, parameter_name="/team/detector")
    written = only(template_of(stacks.compiles), "AWS::SSM::Parameter")["Properties"]
    assert written["Name"] == "/team/detector"
    with pytest.raises(ConstructError, match="an earlier call named it '/team/detector'"):
        stacks.job.artifacts_uri_for(stacks.serves, parameter_name="/other")


def test_a_uri_that_cannot_be_handed_over_is_refused() -> None:
    with pytest.raises(ConstructError, match="wait=False"):
        (stacks := two(wait=False)).job.artifacts_uri_for(stacks.serves)
    app = cdk.App(analytics_reporting=False)
    here, there = (
        cdk.Stack(app, name, env=cdk.Environment(account="111122223333", region=region))
        for name, region in (("Here", "eu-west-1"), ("There", "us-east-1"))
    )
    job = CompilationJob(here, "Job", model=model(here), target=Target.ML_C5, **ONNX)
    with pytest.raises(ConstructError, match="There is in another account or region"):
        job.artifacts_uri_for(there)
    nested = cdk.NestedStack(here, "Nested")
    inner = CompilationJob(nested, "Job", model=model(nested), target=Target.ML_C5, **ONNX)
    with pytest.raises(ConstructError, match="give parameter_name"):
        inner.artifacts_uri_for(here)


def test_a_uri_crosses_stages_without_a_dependency_between_them() -> None:
    app = cdk.App(analytics_reporting=False)
    one, other = (cdk.Stack(cdk.Stage(app, name), "Stack") for name in ("One", "Other"))
    job = CompilationJob(one, "Job", model=model(one), target=Target.ML_C5, **ONNX)
    cdk.CfnOutput(other, "Uri", value=job.artifacts_uri_for(other))
    assert "AWS::SSM::Parameter::Value<String>" in json.dumps(template_of(other))


def test_the_pages_way_exports_nothing_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    snippet = re.search(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert snippet is not None
    names: dict[str, Any] = {}
    exec(snippet[1], names)
    assert exports_of_jobs(names["compiles"]) == []
    reading = names["app"].synth().get_stack_by_name("Serves").template
    types = [each["Type"] for each in reading["Parameters"].values()]
    assert "AWS::SSM::Parameter::Value<String>" in types
