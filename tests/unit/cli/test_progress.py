"""What an apply shows while it runs, and what it says of failures."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from reconciler.cli.plans.progress import (
    JobProgress,
    ProgressLines,
    ProgressTable,
    progress_view,
)
from tests.fakes.gateway import FakeClock
from tests.fakes.sagemaker import Script
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.specs.fleets import FLEET

ONE = FLEET.replace("[ml_c5, LINUX/ARM64]", "[ml_c5]")
C5 = "vision-resnet18-ml-c5-omhsdssni6yl"


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    write_spec(ONE)
    return Terminal()


def test_lines_tell_each_status_once_with_the_time_that_such_jobs_took(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("apply", "fleet.yaml", "-y") == 0
    first = capsys.readouterr().err
    assert first.count("INPROGRESS resnet18/ml_c5") == 1
    assert "of about" not in first
    write_spec(ONE.replace("224, 224", "224, 320"))
    assert terminal.run("apply", "fleet.yaml", "-y") == 0
    assert "0s of about 1m5s" in capsys.readouterr().err


def test_jsonl_is_one_object_a_line(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.run("apply", "fleet.yaml", "-y", "--progress", "jsonl") == 0
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [each["type"] for each in events] == ["applied", "job_status", "job_status",
                                                 "job_status"]  # fmt: skip
    assert [each["status"] for each in events[1:]] == ["STARTING", "INPROGRESS", "COMPLETED"]
    assert {each["job"] for each in events} == {C5}
    assert all(each["time"] for each in events)


def test_none_shows_nothing(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.run("apply", "fleet.yaml", "-y", "--progress", "none") == 0
    assert capsys.readouterr().err == ""


def test_a_table_is_drawn_anew_each_second_and_fits_the_screen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = FakeClock()
    table = ProgressTable(clock, clock.advance, lambda: os.terminal_size((40, 6)))
    rows = [JobProgress(f"m/{number}", f"job-{number}", "COMPLETED") for number in range(9)]
    table.show([*rows, JobProgress("m/run", "job", "INPROGRESS", clock.now(), 90.0)])
    table.pause(3)
    table.event("applied", action="create", job="job-x", reason="declared")
    screen = drawn(capsys.readouterr().err)
    assert screen == [
        "Create job-x: declared",
        "  INPROGRESS m/run  3s of about 1m30s  ",
        "  COMPLETED  m/0  job-0",
        "  COMPLETED  m/1  job-1",
        "  and 7 more",
    ]


def drawn(text: str) -> list[str]:
    """Return what a terminal shows after these characters."""
    screen: list[str] = []
    for part in text.split("\x1b["):
        code, letter, rest = part.partition("F")
        if letter and code.isdigit():
            del screen[len(screen) - int(code) :]
            part = rest
        screen.extend(part.removeprefix("J").splitlines())
    return screen


def test_a_name_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ProgressLines(FakeClock(), lambda seconds: None)
    lines.show([JobProgress("\x1b[2J", "job", "STARTING")])
    lines.event("not applied", action="stop", job="j", reason="\x1b]0;title\x07")
    assert "\x1b" not in capsys.readouterr().err


def test_auto_draws_a_table_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    assert isinstance(progress_view("auto", clock, clock.advance), ProgressLines)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(progress_view("auto", clock, clock.advance), ProgressTable)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(progress_view("auto", clock, clock.advance), ProgressLines)


def test_a_failure_has_its_class_cause_remedy_and_log(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = "ClientError: OperatorNotImplemented: aten::foo"
    terminal.sagemaker.script_of = lambda request: Script(outcome="FAILED", reason=reason)
    assert terminal.run("apply", "fleet.yaml", "-y") == 1
    out = capsys.readouterr().out
    assert f"  FAILED     resnet18/ml_c5 ({C5})  {reason}\n" in out
    assert "class: input (unsupported-operator)\n" in out
    assert "likely cause: " in out
    assert "what to do: Export the model with operators that Neo supports" in out
    assert f"log: /aws/sagemaker/CompilationJobs, stream {C5}\n" in out


def test_at_most_so_many_jobs_run_at_once(terminal: Terminal) -> None:
    write_spec(FLEET.replace("[ml_c5, LINUX/ARM64]", "[ml_c5, ml_m5, ml_c4, ml_p3]"))
    most = 0

    def watch() -> None:
        nonlocal most
        most = max(most, len(terminal.sagemaker.live()))

    terminal.meanwhile = watch
    assert terminal.run("apply", "fleet.yaml", "-y", "--parallelism", "2") == 0
    assert most == 2
    assert len(terminal.sagemaker.accepted()) == 4
