"""``neoctl logs``: what it shows, how it follows, what it says where there is nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.job_logs import LOG_GROUP
from tests.fakes.sagemaker import ApiError, Script
from tests.unit.cli.planned import Terminal

JOB = "vision-resnet18-ml-c5-omhsdssni6yl"


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal()


def begin(terminal: Terminal, **script: Any) -> float:
    """Start a job that runs for 60 seconds; return when."""
    request = {
        "CompilationJobName": JOB, "RoleArn": "arn:aws:iam::111122223333:role/r",
        "OutputConfig": {"S3OutputLocation": "s3://b/o/", "TargetDevice": "ml_c5"},
    }  # fmt: skip
    terminal.sagemaker.add_job(request, script=Script(**script))
    return terminal.clock.time


def messages(out: str) -> list[str]:
    return [line.split(" ", 1)[1] for line in out.splitlines()]


def test_a_log_is_all_pages_of_all_streams_of_the_job_by_time(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    now = begin(terminal)
    for second in range(5):
        terminal.logs.write(JOB, now + 2 * second, f"step {second}")
    terminal.logs.write(f"{JOB}/model-info-extraction", now + 3, "shapes\nfound")
    terminal.logs.write(f"{JOB}-r1", now, "of the next attempt")
    terminal.let_all_end()
    assert terminal.run("logs", JOB) == 0
    assert messages(capsys.readouterr().out) == [
        "step 0", "step 1", "[model-info-extraction] shapes", "[model-info-extraction] found",
        "step 2", "step 3", "step 4",
    ]  # fmt: skip


def test_following_goes_on_until_the_job_has_ended_and_its_late_events_have_come(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    now = begin(terminal)
    for second in range(0, 66, 10):
        terminal.logs.write(JOB, now + second, f"at {second}", delay=6)
    assert terminal.run("logs", JOB, "-f") == 0
    assert messages(capsys.readouterr().out) == [f"at {second}" for second in range(0, 66, 10)]
    assert 70 <= terminal.clock.time - now < 90


def test_following_waits_for_a_log_group_that_is_not_there_yet(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    now = begin(terminal)
    terminal.logs.write(JOB, now + 40, "late")
    assert terminal.run("logs", JOB, "--follow") == 0
    assert messages(capsys.readouterr().out) == ["late"]


@pytest.mark.parametrize(
    "failing", ["DescribeLogStreams", "GetLogEvents", "DescribeCompilationJob"]
)
def test_a_fault_while_following_loses_and_repeats_nothing(
    terminal: Terminal, failing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    now = begin(terminal)
    for stream in (JOB, f"{JOB}/model-info-extraction"):
        for second in range(0, 60, 5):
            terminal.logs.write(stream, now + second, f"{stream} {second}")
    counted = iter(range(1000))

    def travel(operation: str, commit: Any) -> Any:
        if operation == failing and next(counted) % 3 == 1:
            raise ApiError("ThrottlingException", "Rate exceeded")
        return commit()

    terminal.travel = travel
    assert terminal.run("logs", JOB, "-f") == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 24
    assert len(set(printed.out.splitlines())) == 24
    assert "will look again" in printed.err


def test_json_lines_keep_the_message_as_it_is(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    now = begin(terminal)
    terminal.logs.write(JOB, now, "a\x1b[2J\nb")
    assert terminal.run("logs", JOB, "--format", "jsonl") == 0
    assert json.loads(capsys.readouterr().out) == {
        "timestamp": "2023-11-14T22:13:20.000+00:00", "stream": JOB, "message": "a\x1b[2J\nb",
    }  # fmt: skip


def test_no_message_steers_the_terminal(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    now = begin(terminal)
    terminal.logs.write(JOB, now, "a\x1b]0;title\x07\r\x1b[2Jb\u202ec")
    assert terminal.run("logs", JOB) == 0
    assert all(line.isprintable() for line in capsys.readouterr().out.splitlines())


def test_what_has_no_log_says_why(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    now = begin(terminal)
    assert terminal.run("logs", JOB) == 0
    assert "it has written no log yet" in capsys.readouterr().err
    terminal.let_all_end()
    assert terminal.run("logs", JOB) == 0
    assert f"there is no log group {LOG_GROUP}" in capsys.readouterr().err
    terminal.logs.write("another-job", now, "x")
    assert terminal.run("logs", JOB) == 0
    assert "needs logs:CreateLogStream" in capsys.readouterr().err


def test_the_log_of_a_deleted_job_is_still_there(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.logs.write(JOB, terminal.clock.time, "x")
    assert terminal.run("logs", JOB, "-f") == 0
    assert messages(capsys.readouterr().out) == ["x"]


@pytest.mark.parametrize("name", ["nothing-there", "a/b", "../x", "", "a" * 64, "a\n"])
def test_a_job_that_is_not_there_is_an_error(
    terminal: Terminal, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("logs", name) == 1
    assert capsys.readouterr().err


def test_denied_access_is_an_error_that_names_the_action(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(terminal)

    def travel(operation: str, commit: Any) -> Any:
        if operation == "DescribeLogStreams":
            raise ApiError("AccessDeniedException", "not authorized: logs:DescribeLogStreams")
        return commit()

    terminal.travel = travel
    assert terminal.run("logs", JOB) == 1
    assert "logs:DescribeLogStreams" in capsys.readouterr().err
