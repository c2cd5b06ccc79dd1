"""``neoctl report``: the page holds what the account shows, for the calls of neoctl status."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.sagemaker import Script
from tests.unit.cli.pages import Parsed
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.specs.fleets import FLEET


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    write_spec()
    return Terminal()


def reported(terminal: Terminal, *words: str) -> dict[str, dict[str, Any]]:
    """Write a report; return its jobs by target."""
    assert terminal.run("report", *words, "-o", "report.html") == 0
    page = Parsed(Path("report.html").read_text(encoding="utf-8"))
    return {job["target"]: job for job in page.jobs}


def test_a_fleet_that_was_compiled_costs_list_alone(terminal: Terminal) -> None:
    assert terminal.run("apply", "fleet.yaml", "-y") == 0
    terminal.operations()
    jobs = reported(terminal, "fleet.yaml")
    assert set(terminal.operations()) == {"List"}
    assert {job["state"] for job in jobs.values()} == {"completed"}
    assert {job["duration_seconds"] for job in jobs.values()} == {60.0}
    assert "artifact" not in jobs["ml_c5"]


def test_details_are_read_where_they_are_asked_for(terminal: Terminal) -> None:
    assert terminal.run("apply", "fleet.yaml", "-y") == 0
    job = reported(terminal, "fleet.yaml", "--details")["ml_c5"]
    assert job["artifact"].startswith("s3://example-bucket/out/vision-resnet18-ml-c5-")
    assert job["digest"]


def test_a_failure_comes_with_its_cause_and_what_to_do(terminal: Terminal) -> None:
    reason = "ClientError: InputConfiguration: Exactly one .pb file should be provided"
    terminal.sagemaker.script_of = lambda request: Script(outcome="FAILED", reason=reason)
    assert terminal.run("apply", "fleet.yaml", "-y") == 1
    failure = reported(terminal, "fleet.yaml")["ml_c5"]["failure"]
    assert (failure["reason"], failure["name"]) == (reason, "several-pb-files")
    assert failure["hint"]


def test_older_declarations_are_the_history(terminal: Terminal) -> None:
    for size, seconds in (("224", 100.0), ("256", 150.0), ("320", 200.0)):
        write_spec(FLEET.replace("224, 224", f"224, {size}"))
        terminal.sagemaker.script_of = lambda request, running=seconds: Script(running=running)  # type: ignore[misc]
        assert terminal.run("apply", "fleet.yaml", "-y") == 0
    history = reported(terminal, "fleet.yaml")["ml_c5"]["history"]
    assert [run["duration_seconds"] for run in history] == [200.0, 150.0, 100.0]
    assert {run["state"] for run in history} == {"completed"}


def test_before_anything_is_compiled_it_says_so(terminal: Terminal) -> None:
    jobs = reported(terminal, "fleet.yaml")
    assert {job["state"] for job in jobs.values()} == {"not-created"}
    assert all("history" not in job for job in jobs.values())


@pytest.mark.parametrize(("words", "title"), [((), "vision"), (("--title", "A <b>"), "A <b>")])
def test_the_heading(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], title: str
) -> None:
    assert terminal.run("report", "fleet.yaml", *words) == 0
    assert Parsed(capsys.readouterr().out).title == title


def test_what_the_embedded_aws_compiled_is_called_a_rehearsal(terminal: Terminal) -> None:
    for account, rehearsal in (("111122223333", False), ("000000000000", True)):
        terminal.account = account
        terminal.run("report", "fleet.yaml", "-o", "report.html")
        assert Parsed(Path("report.html").read_text(encoding="utf-8")).is_rehearsal is rehearsal
