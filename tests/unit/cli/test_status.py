"""``neoctl status`` and ``wait``: what they show, what they call, how they exit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.findings.units import bytes_text, seconds_text
from reconciler.cli.fleets import markdown, text
from reconciler.cli.fleets.as_json import to_json
from reconciler.cli.fleets.status import FailureDetails, FleetStatus, JobRow, JobState
from reconciler.cli.fleets.subjects import longest_literal
from reconciler.cli.plans.markdown import LIMIT
from reconciler.core.ownership import MANAGED_BY
from reconciler.core.ports import Denied
from tests.fakes.gateway import Answer
from tests.fakes.sagemaker import ApiError, Script
from tests.paths import ROOT
from tests.unit.cli.creating import create
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.specs.fleets import FLEET, loaded

SCHEMA = json.loads((ROOT / "docs" / "reference" / "status.schema.json").read_text())
NOW = datetime(2026, 1, 2, tzinfo=UTC)
ONE = FLEET.replace("[ml_c5, LINUX/ARM64]", "[ml_c5]")
ML_C5 = "vision-resnet18-ml-c5-omhsdssni6yl"
ARM64 = "vision-resnet18-linux-arm64-377xphb2ia6x"
WRONG_SHAPE = "ClientError: InputConfiguration: Input input0 has wrong shape in Input Shape"


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    write_spec()
    return Terminal()


def begin(terminal: Terminal, **scripts: Script) -> None:
    """Start the fleet's two jobs; those named by their target go as they are scripted."""

    def script_of(request: dict[str, Any]) -> Script:
        return scripts.get(request["OutputConfig"].get("TargetDevice", "platform"), Script())

    terminal.sagemaker.script_of = script_of
    create(terminal.sagemaker, FLEET)
    terminal.operations()


def jobs(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], *words: str
) -> dict[str, dict[str, Any]]:
    """Return the jobs of a status in JSON, which is as its schema says, by target."""
    capsys.readouterr()
    assert terminal.run("status", *words, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    return {job["target"]: job for job in found["jobs"]}


def test_text_says_of_each_job_how_it_is_and_of_a_failed_one_why(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal, ml_c5=Script(outcome="FAILED", reason=WRONG_SHAPE))
    terminal.clock.advance(3 * 3600)
    assert terminal.run("status", "fleet.yaml") == 0
    assert capsys.readouterr().out == (
        "STATE      MODEL     TARGET       AGE  TIME  SIZE  JOB\n"
        f"failed     resnet18  ml_c5        3h   1m    -     {ML_C5}\n"
        f"    input: {WRONG_SHAPE}\n"
        "    Try: Compare DataInputConfig with the model's inputs: names, order, layout (NCHW but "
        "for TensorFlow and TFLite) and every dimension.\n"
        "    Explained by: neoctl explain wrong-input-shape\n"
        f"    Log: neoctl logs {ML_C5}\n"
        f"completed  resnet18  LINUX_ARM64  3h   1m    -     {ARM64}\n"
        "2 jobs: 1 failed, 1 completed. (account 111122223333, us-east-1)\n"
    )


def test_a_fleet_at_rest_costs_one_list(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal)
    terminal.let_all_end()
    found = jobs(terminal, capsys, "fleet.yaml")
    assert terminal.operations() == ["List"]
    assert {job["state"] for job in found.values()} == {"completed"}
    assert {job["duration_seconds"] for job in found.values()} == {60.0}


def test_details_are_read_where_they_are_asked_for(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal)
    terminal.let_all_end()
    found = jobs(terminal, capsys, "fleet.yaml", "--details")["ml_c5"]
    assert found["artifact"].endswith(f"/{ML_C5}/resnet18-ml_c5.tar.gz")
    assert (found["artifact_bytes"], found["digest"]) == (2_500_000, f"blake2-of-{ML_C5}")
    assert sorted(terminal.operations()) == ["Describe", "Describe", "List"]
    terminal.run("status", "fleet.yaml", "--format", "wide", "--details")
    assert found["artifact"] in capsys.readouterr().out


def test_an_artifact_that_is_gone_is_a_failure(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal)
    terminal.let_all_end()
    for job in terminal.sagemaker.jobs:
        job.artifact_removed = True
    found = jobs(terminal, capsys, "fleet.yaml", "--details")
    assert {job["state"] for job in found.values()} == {"artifact-missing"}


def test_jobs_that_do_not_exist_and_jobs_of_others_are_seen(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    found = jobs(terminal, capsys, "fleet.yaml")
    assert {job["state"] for job in found.values()} == {"not-created"}
    assert found["ml_c5"]["job"] == ML_C5
    begin(terminal, ml_c5=Script(outcome="FAILED"))
    terminal.let_all_end()
    record = terminal.sagemaker.job(ML_C5)
    assert record is not None
    del record.tags[MANAGED_BY]
    found = jobs(terminal, capsys, "fleet.yaml")
    assert found["ml_c5"]["state"] == "conflict"
    assert found["ml_c5"]["failure"]["kind"] == "conflict"


def test_the_attempt_that_counts_is_shown(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal, ml_c5=Script(outcome="FAILED", reason="ServerError: internal"))
    terminal.let_all_end()
    terminal.sagemaker.script_of = lambda request: Script()
    create(terminal.sagemaker, FLEET)
    terminal.clock.advance(2)
    found = jobs(terminal, capsys, "fleet.yaml")["ml_c5"]
    assert (found["job"], found["state"]) == (f"{ML_C5}-r1", "starting")


def test_existing_jobs_are_looked_at_by_their_own_names(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(ONE.replace("[ml_c5]", "[{TargetDevice: ml_c5, existingJob: by-hand}]"))
    found = jobs(terminal, capsys, "fleet.yaml")["ml_c5"]
    assert (found["state"], found["job"]) == ("refused", "by-hand")
    assert terminal.run("status", "fleet.yaml", "--watch") == 0
    [declared] = loaded(ONE).jobs
    request = {**declared.wire, "CompilationJobName": "by-hand"}
    record = terminal.sagemaker.add_job(dict(request))
    assert jobs(terminal, capsys, "fleet.yaml")["ml_c5"]["state"] == "starting"
    terminal.let_all_end()
    found = jobs(terminal, capsys, "fleet.yaml", "--details")["ml_c5"]
    assert (found["state"], found["artifact"]) == ("completed", record.artifact)
    write_spec(Path("fleet.yaml").read_text().replace("224, 224", "224, 320"))
    assert jobs(terminal, capsys, "fleet.yaml")["ml_c5"]["state"] == "conflict"


def test_an_older_generation_is_named_while_it_runs(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal)
    write_spec(FLEET.replace("224, 224", "224, 320"))
    found = jobs(terminal, capsys, "fleet.yaml")["ml_c5"]
    assert found["state"] == "not-created"
    assert ML_C5 in found["note"]


def test_failed_only_leaves_out_the_others(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal, ml_c5=Script(outcome="STOPPED"))
    terminal.let_all_end()
    assert set(jobs(terminal, capsys, "fleet.yaml", "--failed-only")) == {"ml_c5"}


def test_patterns_find_jobs_whoever_made_them(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal, ml_c5=Script(outcome="FAILED", reason=WRONG_SHAPE))
    request = terminal.sagemaker.jobs[0].request
    terminal.sagemaker.add_job({**request, "CompilationJobName": "by-hand-ml-c5"})
    terminal.let_all_end()
    capsys.readouterr()
    assert terminal.run("status", "--name", "*-ml-c5*", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)["jobs"]
    assert {job["job"] for job in found} == {ML_C5, "by-hand-ml-c5"}
    assert {job["owner"] for job in found} == {"vision", ""}
    assert sorted(terminal.operations()) == ["Describe", "List"]


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [("*", ""), ("vision-*", "vision-"), ("*-[ab]cd-e?", "cd-e"), ("a" * 99, "a" * 63)],
)
def test_a_pattern_is_narrowed_by_its_longest_literal_part(pattern: str, literal: str) -> None:
    assert longest_literal(pattern) == literal


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["none.yaml"],
        ["fleet.yaml", "--name", "vision-*"],
        ["--name", "vision-*", "--include", "a"],
        ["fleet.yaml", "--include", "nothing"],
        ["fleet.yaml", "--watch", "--format", "markdown"],
        ["fleet.yaml", "--watch", "-o", "file"],
        ["fleet.yaml", "--endpoint-url", "localhost:1"],
    ],
)
@pytest.mark.parametrize("verb", ["status", "wait"])
def test_wrong_usage_is_an_error(
    terminal: Terminal, verb: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run(verb, *words) == 1
    assert capsys.readouterr().err


def test_a_denied_list_is_an_error_and_a_denied_describe_a_note(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal, ml_c5=Script(outcome="FAILED", reason=WRONG_SHAPE))
    terminal.let_all_end()
    denied = {"DescribeCompilationJob"}

    def travel(operation: str, commit: Any) -> Any:
        if operation in denied:
            raise ApiError("AccessDeniedException", f"not authorized to perform: {operation}")
        return commit()

    terminal.travel = travel
    found = jobs(terminal, capsys, "--name", "vision-*")["ml_c5"]
    assert found["state"] == "failed"
    assert "DescribeCompilationJob" in found["note"]
    denied.add("ListCompilationJobs")
    assert terminal.run("status", "fleet.yaml") == 1
    assert "ListCompilationJobs" in capsys.readouterr().err


def test_watching_shows_each_change_and_describes_what_ended_once(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal, ml_c5=Script(running=200, outcome="FAILED", reason=WRONG_SHAPE))
    assert terminal.run("status", "fleet.yaml", "--watch", "--interval", "30") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[3].startswith("2 jobs: 2 starting.")
    assert [line.split(" ", 1)[1] for line in lines[4:]] == [
        f"resnet18/LINUX_ARM64 ({ARM64}) starting -> in-progress",
        f"resnet18/ml_c5 ({ML_C5}) starting -> in-progress",
        f"resnet18/LINUX_ARM64 ({ARM64}) in-progress -> completed: "
        f"s3://example-bucket/out/{ARM64}/resnet18-LINUX_ARM64.tar.gz",
        f"resnet18/ml_c5 ({ML_C5}) in-progress -> failed: {WRONG_SHAPE}",
    ]
    operations = terminal.operations()
    assert operations.count("Describe") == 2
    assert operations.count("List") == 8


def test_watching_in_json_is_a_status_a_line(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal)
    assert (
        terminal.run("status", "fleet.yaml", "--watch", "--format", "json", "--interval", "20") == 0
    )
    statuses = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for each in statuses:
        jsonschema.validate(each, SCHEMA)
    assert [each["counts"]["completed"] for each in statuses] == [0, 0, 2]
    assert statuses[-1]["jobs"][0]["artifact_bytes"] == 2_500_000


def test_a_watch_outlives_a_throttle(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal)
    calls = iter(range(1000))

    def travel(operation: str, commit: Any) -> Any:
        if operation == "ListCompilationJobs" and next(calls) == 1:
            raise ApiError("ThrottlingException", "Rate exceeded")
        return commit()

    terminal.travel = travel
    assert terminal.run("wait", "fleet.yaml") == 0
    assert "will look again: ThrottlingException" in capsys.readouterr().err


def test_waiting_ends_with_0_when_all_is_compiled(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal)
    assert terminal.run("wait", "fleet.yaml", "--interval", "10") == 0
    printed = capsys.readouterr()
    assert "2 jobs: 2 completed." in printed.out
    assert "in-progress -> completed" in printed.err


def test_waiting_for_completed_ends_with_1_at_the_first_failure(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal, ml_c5=Script(running=10, outcome="FAILED", reason=WRONG_SHAPE))
    began = terminal.clock.time
    assert terminal.run("wait", "fleet.yaml") == 1
    assert terminal.clock.time - began <= 30
    assert "a job failed: 2 jobs: 1 failed, 1 in progress." in capsys.readouterr().err


def test_waiting_for_terminal_takes_a_failure_for_an_end(terminal: Terminal) -> None:
    begin(terminal, ml_c5=Script(running=10, outcome="FAILED", reason=WRONG_SHAPE))
    assert terminal.run("wait", "fleet.yaml", "--until", "terminal") == 0
    assert not terminal.sagemaker.live()


def test_waiting_times_out_with_2_and_says_what_is_left(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    began = terminal.clock.time
    assert terminal.run("wait", "fleet.yaml", "--timeout", "100") == 2
    assert terminal.clock.time - began == pytest.approx(100)
    assert "timed out: 2 jobs: 2 not created." in capsys.readouterr().err


@pytest.fixture
def two_places(terminal: Terminal) -> Terminal:
    """A terminal beside specs of two regions; the jobs of the first one run."""
    for region in ("us-east-1", "eu-west-1"):
        write_spec(FLEET.replace("owner: vision", f"owner: vision\nregion: {region}"), region)
        Path(region).rename(f"{region}.yaml")
    Path("fleet.yaml").unlink()
    begin(terminal)
    return terminal


def test_each_place_has_its_status_and_one_that_fails_holds_up_no_other(
    two_places: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    create(two_places.in_region("eu-west-1"), FLEET)
    two_places.let_all_end()
    assert two_places.run("status", ".") == 0
    shown = capsys.readouterr().out
    assert shown.count("2 jobs: 2 completed.") == 2
    assert "eu-west-1)" in shown
    two_places.unreachable["eu-west-1"] = Denied("AccessDenied", "not in this region")
    assert two_places.run("status", ".") == 1
    printed = capsys.readouterr()
    assert printed.out.count("2 jobs: 2 completed.") == 1
    assert "eu-west-1: AccessDenied" in printed.err
    assert two_places.run("status", ".", "--watch") == 1


def test_waiting_for_several_places_waits_for_all(
    two_places: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert two_places.run("wait", ".", "--timeout", "300") == 2
    create(two_places.in_region("eu-west-1"), FLEET)
    assert two_places.run("wait", ".", "--timeout", "300") == 0
    two_places.unreachable["us-east-1"] = Denied("AccessDenied", "not in this region")
    assert two_places.run("wait", ".") == 1
    assert "us-east-1: AccessDenied" in capsys.readouterr().err


def test_waiting_sees_jobs_that_somebody_else_creates(terminal: Terminal) -> None:
    terminal.meanwhile = lambda: create(terminal.sagemaker, FLEET)
    assert terminal.run("wait", "fleet.yaml") == 0


def test_waiting_for_names_that_match_nothing_is_an_error(terminal: Terminal) -> None:
    assert terminal.run("wait", "--name", "nothing-*") == 1


def test_ctrl_c_ends_a_watch_with_130(terminal: Terminal) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    terminal.meanwhile = interrupt
    assert terminal.run("status", "fleet.yaml", "--watch") == 130
    assert terminal.run("wait", "fleet.yaml") == 130


A_ROW = JobRow(
    owner="vision", logical_name="m/ml_c5", model="m", target="ml_c5", job="vision-m-ml-c5-x",
    state=JobState.FAILED, created=NOW - timedelta(days=3, hours=4),
    failure=FailureDetails("system", "", "boom", ""),
)  # fmt: skip


def status_of(*rows: JobRow) -> FleetStatus:
    return FleetStatus.of("111122223333", "us-east-1", NOW, rows)


def test_very_many_compiled_jobs_are_counted_not_listed() -> None:
    done = [
        replace(A_ROW, logical_name=f"m{number}/ml_c5", state=JobState.COMPLETED, failure=None)
        for number in range(1000)
    ]
    shown = text.render(status_of(A_ROW, *done))
    assert len(shown.splitlines()) == 6
    assert "1,000 completed jobs are not listed; --all lists them." in shown
    assert len(text.render(status_of(A_ROW, *done), every=True).splitlines()) > 1000


@given(st.text(), st.text(), st.integers(1, 3000))
def test_no_name_or_reason_leaves_its_line_or_cell(name: str, reason: str, count: int) -> None:
    row = replace(A_ROW, model=name, failure=FailureDetails("system", "", reason, ""))
    shown = text.render(status_of(row))
    assert all(line.isprintable() for line in shown.split("\n"))
    assert len(shown.split("\n")) == 5 + 1
    comment = markdown.render(status_of(*[row] * count))
    assert len(comment) <= LIMIT
    assert "<script" not in comment
    jsonschema.validate(to_json(status_of(row)), SCHEMA)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "-"), (0.4, "0s"), (59, "59s"), (60, "1m"), (252, "4m12s"), (7500, "2h5m"),
     (86_400 * 3 + 3600 * 4, "3d4h"), (-5, "0s")],
)  # fmt: skip
def test_times_are_short(seconds: float | None, said: str) -> None:
    assert seconds_text(seconds) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [(None, "-"), (0, "0 B"), (999, "999 B"), (2_500_000, "2.38 MiB"), (10**18, "9.09e+05 TiB")],
)
def test_sizes_are_short(size: int | None, said: str) -> None:
    assert bytes_text(size) == said


def lose_artifact(terminal: Terminal, name: str = ML_C5) -> None:
    """Have a job's artifact deleted behind its back."""
    job = terminal.sagemaker.job(name)
    assert job is not None
    job.artifact_removed = True


def retried(terminal: Terminal) -> None:
    """Have the artifact of a compiled job deleted, and the job compile again."""
    begin(terminal)
    terminal.let_all_end()
    lose_artifact(terminal)
    assert terminal.run("apply", "fleet.yaml", "-y", "--refresh", "--no-wait") == 0


def test_a_job_that_compiles_again_is_under_way_whatever_its_earlier_attempt_was(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    retried(terminal)
    found = jobs(terminal, capsys, "fleet.yaml")["ml_c5"]
    assert (found["job"], found["state"]) == (f"{ML_C5}-r1", "starting")
    assert terminal.run("wait", "fleet.yaml", "--timeout", "0") == 2
    assert terminal.run("plan", "fleet.yaml") == 0
    assert "1 unchanged, 1 under way" in capsys.readouterr().out
    assert terminal.run("apply", "fleet.yaml", "-y") == 0
    assert f"blake2-of-{ML_C5}-r1" in capsys.readouterr().out
    terminal.operations()
    assert jobs(terminal, capsys, "fleet.yaml")["ml_c5"]["state"] == "completed"
    assert terminal.operations() == ["List"], "the earlier attempt is not read any more"


def test_a_job_that_was_stopped_while_it_compiled_again_is_not_taken_for_compiled(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    retried(terminal)
    terminal.sagemaker.stop_compilation_job(f"{ML_C5}-r1")
    terminal.let_all_end()
    stopped = jobs(terminal, capsys, "fleet.yaml")["ml_c5"]
    assert stopped["state"] == "stopped"
    assert "--retry-failed stopped" in stopped["failure"]["hint"]
    assert terminal.run("wait", "fleet.yaml") == 1
    assert terminal.run("plan", "fleet.yaml") == 0
    assert "1 unchanged, 1 failed" in capsys.readouterr().out
    assert terminal.run("apply", "fleet.yaml", "-y") == 1


def test_a_job_that_is_replaced_is_waited_for_though_the_earlier_one_is_still_there(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal)
    terminal.let_all_end()
    words = ("--replace", "resnet18/ml_c5", "-y", "--no-wait")
    assert terminal.run("apply", "fleet.yaml", *words) == 0
    assert jobs(terminal, capsys, "fleet.yaml")["ml_c5"]["job"] == f"{ML_C5}-r1"
    assert terminal.run("wait", "fleet.yaml", "--timeout", "0") == 2
    assert terminal.run("wait", "fleet.yaml") == 0


def test_watching_jobs_that_compile_again_reads_each_earlier_attempt_once(
    terminal: Terminal,
) -> None:
    retried(terminal)
    made: list[str] = []

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        made.append(operation)
        return commit()

    terminal.travel = travel
    assert terminal.run("status", "fleet.yaml", "--watch", "--interval", "1") == 0
    assert made.count("ListCompilationJobs") > 20
    assert made.count("DescribeCompilationJob") == 2, "of the earlier one, and when this one ends"
    assert made.count("HeadObject") == 2
