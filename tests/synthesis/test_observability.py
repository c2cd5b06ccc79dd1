"""Metrics, alarms, dashboards and logs of single jobs, as the template has them."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    ConstructError,
    ContinuousReconciliation,
    FleetAlarms,
    JobAlarms,
    JobMetrics,
    NeoCompilationProvider,
    NeoDashboard,
    Target,
)
from neo_constructs.metrics.job import JOB_FAILURES, StackJobMetrics
from neo_constructs.observability.dashboard import LINES_A_GRAPH
from reconciler.core.contract import Verify
from reconciler.core.failure import FailureKind
from reconciler.core.metric_names import NAMESPACE
from tests.contract.golden_events import NEW, OLD, event
from tests.synthesis.conftest import ONNX, model
from tests.unit.handler.job.test_artifact_check import BAD, asked
from tests.unit.handler.job.test_artifact_check import World as VerifyingWorld
from tests.unit.handler.job.test_metrics import World

Json = dict[str, Any]


def a_stack(name: str = "Edge") -> cdk.Stack:
    return cdk.Stack(cdk.App(analytics_reporting=False), name)


def a_job(stack: cdk.Stack, name: str = "Net", **more: Any) -> CompilationJob:
    return CompilationJob(stack, name, model=model(stack), target=Target.ML_C5, **ONNX, **more)


def of_type(stack: cdk.Stack, kind: str) -> list[Json]:
    found = Template.from_stack(stack).find_resources(kind)
    return [resource["Properties"] for resource in found.values()]


def written_by_the_handler() -> list[Json]:
    """Every metric line of a job that is made, gone, and made again, and of others that fail."""
    verifying = VerifyingWorld(BAD)
    verifying.run(event("Create", asked(Verify.WARN)))
    world = World()
    made = world.create(OLD)
    world.clock.advance(3600)
    world.sagemaker.delete_compilation_job(made)
    world.update({**OLD, "Tags": []}, OLD, made)
    world.script = type(world.script)(running=9e9)
    with pytest.raises(Exception, match="Timed out after"):
        world.create({**NEW, "DeadlineSeconds": "120"})
    return [*world.lines, *verifying.metrics]


def test_what_is_asked_for_is_what_the_handler_writes_under_the_same_dimensions() -> None:
    stack = a_stack()
    job = a_job(stack, identity="Edge/Resnet")
    written = {
        (metric["Name"], tuple(sorted((name, line[name]) for name in names)))
        for line in written_by_the_handler()
        for names in line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    }
    methods = [name for name in dir(JobMetrics) if name.startswith("metric_")]
    asked = [getattr(each, name)() for each in (job, job.provider) for name in methods]
    asked.append(job.provider.metric_failures("deadline"))
    assert {each.namespace for each in asked} == {NAMESPACE}
    assert {
        (each.metric_name, tuple(sorted((each.dimensions or {}).items()))) for each in asked
    } == written
    assert {*JOB_FAILURES} == {*FailureKind, "refused", "conflict", "deadline"}


def test_metrics_are_all_that_their_classes_offer() -> None:
    offered = {name for name in vars(StackJobMetrics) if name.startswith("metric_")}
    assert offered == {"metric_failures"}


def test_alarms_watch_one_job_or_all_of_a_stack() -> None:
    stack = a_stack()
    job = a_job(stack)
    of_job = JobAlarms(stack, "OfJob", watched=job, slower_than=cdk.Duration.minutes(10))
    of_all = JobAlarms(stack, "OfAll", watched=NeoCompilationProvider.of(stack))
    assert of_job.slow is not None
    assert of_all.slow is None
    alarms = of_type(stack, "AWS::CloudWatch::Alarm")
    watched = sorted(
        (alarm["MetricName"], len(alarm["Dimensions"]), alarm["Threshold"]) for alarm in alarms
    )
    assert watched == [
        ("CompileSeconds", 2, 600), ("DriftFound", 1, 1), ("DriftFound", 2, 1),
        ("JobsFailed", 1, 1), ("JobsFailed", 2, 1),
    ]  # fmt: skip
    assert {alarm["TreatMissingData"] for alarm in alarms} == {"notBreaching"}


@pytest.mark.parametrize("minutes", [0, 30, 90, 3 * 24 * 60])
def test_jobs_may_be_pending_for_whole_hours_of_a_day(minutes: int) -> None:
    stack = a_stack()
    fleet = CompilationFleet(stack, "Fleet")
    with pytest.raises(ConstructError, match=r"\] pending_for is \d+ seconds; allowed are 1 to 24"):
        FleetAlarms(stack, "Alarms", fleet=fleet, pending_for=cdk.Duration.minutes(minutes))
    FleetAlarms(stack, "Day", fleet=fleet, pending_for=cdk.Duration.days(1))
    periods = [each.get("EvaluationPeriods") for each in of_type(stack, "AWS::CloudWatch::Alarm")]
    assert 24 in periods


def dashboard(stack: cdk.Stack) -> list[Json]:
    [found] = of_type(stack, "AWS::CloudWatch::Dashboard")
    body = found["DashboardBody"]
    parts = body["Fn::Join"][1] if isinstance(body, dict) else [body]
    text = "".join(part if isinstance(part, str) else "TOKEN" for part in parts)
    return list(json.loads(text)["widgets"])


def test_a_dashboard_shows_jobs_by_stack_and_fleets() -> None:
    stack = a_stack()
    jobs = [a_job(stack, f"Net{number}") for number in range(3)]
    NeoDashboard(stack, "Dashboard", jobs=jobs, fleets=[CompilationFleet(stack, "Fleet")])
    titles = [
        widget["properties"].get("title", widget["properties"].get("markdown"))
        for widget in dashboard(stack)
    ]
    assert titles[0] == "# Edge: compilation jobs"
    assert "# Edge/Fleet" in titles
    assert titles.count("Failures by class") == 2
    each = next(
        widget for widget in dashboard(stack)
        if widget["properties"].get("title") == "Compilation of each, seconds"
    )  # fmt: skip
    assert len(each["properties"]["metrics"]) == 3


def test_a_graph_has_no_more_lines_than_can_be_told_apart() -> None:
    stack = a_stack()
    jobs = [a_job(stack, f"Net{number}") for number in range(LINES_A_GRAPH + 1)]
    NeoDashboard(stack, "Dashboard", jobs=jobs)
    lines = [
        len(widget["properties"]["metrics"])
        for widget in dashboard(stack)
        if widget["properties"].get("title") == "Failures of each"
    ]
    assert lines == [LINES_A_GRAPH, 1]


def test_a_dashboard_of_nothing_is_refused() -> None:
    with pytest.raises(ConstructError, match="at least one fleet or job"):
        NeoDashboard(a_stack(), "Dashboard")


def test_logs_are_kept_as_said_whether_before_or_after_the_jobs() -> None:
    stack = a_stack()
    key = kms.Key(stack, "Key")
    a_job(stack)
    NeoCompilationProvider.of(stack).configure_logs(
        retention=logs.RetentionDays.ONE_YEAR, encryption_key=key
    )
    [group] = of_type(stack, "AWS::Logs::LogGroup")
    assert group["RetentionInDays"] == 365
    assert group["KmsKeyId"]["Fn::GetAtt"][1] == "Arn"
    [policy] = of_type(stack, "AWS::KMS::Key")
    [allowed] = [
        each for each in policy["KeyPolicy"]["Statement"] if each.get("Sid") == "CloudWatchLogs"
    ]
    where = allowed["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert where["Fn::Join"][1][-1] == ":log-group:*"


@pytest.mark.parametrize(("retention", "days"), [(None, 90), (logs.RetentionDays.INFINITE, None)])
def test_each_setting_of_logs_is_left_alone_by_the_other(
    retention: logs.RetentionDays | None, days: int | None
) -> None:
    stack = a_stack()
    provider = NeoCompilationProvider.of(stack)
    provider.configure_logs(encryption_key=kms.Key(stack, "Key"))
    provider.configure_logs(retention=retention)
    [group] = of_type(stack, "AWS::Logs::LogGroup")
    assert group.get("RetentionInDays") == days
    assert "KmsKeyId" in group


def test_days_of_retention_are_those_of_cdk() -> None:
    stack, ours = a_stack("Theirs"), {}
    for kept in logs.RetentionDays:
        logs.LogGroup(stack, kept.name, retention=kept, log_group_name=kept.name)
        other = a_stack(f"Ours{kept.name}".replace("_", ""))
        NeoCompilationProvider.of(other).configure_logs(retention=kept)
        resource = NeoCompilationProvider.of(other).log_group.node.default_child
        assert isinstance(resource, logs.CfnLogGroup)
        ours[kept.name] = resource.retention_in_days
    theirs = {
        group["LogGroupName"]: group.get("RetentionInDays")
        for group in of_type(stack, "AWS::Logs::LogGroup")
    }
    assert ours == theirs


def test_keys_for_logs_of_fleets_and_schedules_allow_cloudwatch_logs() -> None:
    stack = a_stack()
    ours, theirs = kms.Key(stack, "Fleets"), kms.Key(stack, "Schedules")
    fleet = CompilationFleet(stack, "Fleet", log_encryption_key=ours)
    ContinuousReconciliation(stack, "Keeper", fleet=fleet, log_encryption_key=theirs)
    policies = [key["KeyPolicy"]["Statement"] for key in of_type(stack, "AWS::KMS::Key")]
    assert ["CloudWatchLogs" in [each.get("Sid") for each in policy] for policy in policies] == [
        True, True
    ]  # fmt: skip
