"""``neoctl stop``, ``destroy`` and ``prune``: jobs of ours only, planned and approved first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from reconciler.core.ownership import ID, LOGICAL_NAME, MANAGED_BY, OWNER
from tests.fakes.sagemaker import ApiError, Script
from tests.unit.cli.creating import create
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.specs.fleets import FLEET

Answer = TypeVar("Answer")
C5 = "vision-resnet18-ml-c5-omhsdssni6yl"
ARM = "vision-resnet18-linux-arm64-377xphb2ia6x"
CHANGED = FLEET.replace("224, 224", "224, 320")
OTHER = FLEET.replace("resnet18:", "resnet50:")
QUICK = Script()
LONG = Script(running=800_000)
BROKEN = Script(outcome="FAILED", reason="ClientError: InputConfiguration: no")
DAY = 86_400


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    write_spec()
    return Terminal()


def running(terminal: Terminal, *texts: str) -> None:
    """Create the jobs of specs; they run for days."""
    terminal.sagemaker.script_of = lambda request: LONG
    for text in texts or (FLEET,):
        create(terminal.sagemaker, text)
    terminal.operations()


def finished(terminal: Terminal, *texts: str, script: Script = QUICK) -> None:
    """Create the jobs of specs one after the other, and let them end."""
    terminal.sagemaker.script_of = lambda request: script
    for text in texts or (FLEET,):
        create(terminal.sagemaker, text)
        terminal.let_all_end()
    terminal.operations()


def changes(terminal: Terminal) -> list[tuple[str, str]]:
    """Return the changes that the service accepted."""
    kinds = ("Create", "Stop", "Delete", "AddTags", "DeleteTags")
    return [
        (call.operation, call.name)
        for call in terminal.sagemaker.calls
        if call.operation in kinds and call.outcome == "ok"
    ]


def records(terminal: Terminal) -> set[str]:
    return {job.name for job in terminal.sagemaker.jobs if job.deleted is None}


def test_a_job_is_stopped_by_its_name_and_waited_for(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    running(terminal)
    assert terminal.run("stop", C5, "-y") == 0
    assert changes(terminal) == [("Stop", C5)]
    job = terminal.sagemaker.job(C5)
    assert job is not None
    assert job.status(terminal.clock.time) == "STOPPED"
    out, error = capsys.readouterr()
    assert "no declaration names it" not in error
    assert "1 to stop" in out
    assert "Applied: 1 stopped." in out
    assert terminal.run("stop", C5, "-y") == 0
    assert "Nothing to do." in capsys.readouterr().out


def test_stopping_by_specs_stops_older_generations_too_and_nothing_else(terminal: Terminal) -> None:
    running(terminal, CHANGED, FLEET, OTHER)
    others = {job.name for job in terminal.sagemaker.live() if "resnet50" in job.name}
    assert terminal.run("stop", "fleet.yaml", "-y") == 0
    assert {job.name for job in terminal.sagemaker.live()} == others
    assert {operation for operation, _ in changes(terminal)} == {"Stop"}
    assert len(changes(terminal)) == 4


def test_patterns_choose_which_declared_jobs_are_stopped(terminal: Terminal) -> None:
    running(terminal)
    assert terminal.run("stop", "fleet.yaml", "-y", "--include", "*/ml_c5") == 0
    assert changes(terminal) == [("Stop", C5)]


def test_it_need_not_be_waited_for(terminal: Terminal) -> None:
    running(terminal)
    began = terminal.clock.time
    assert terminal.run("stop", C5, "-y", "--no-wait") == 0
    assert terminal.clock.time == began
    assert changes(terminal) == [("Stop", C5)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["stop", "vision-resnet18-ml-c5-aaaaaaaaaaaa", "-y"], "there is no job of this name"),
        (["stop", "prod-database", "-y"], "neither a file nor the name of a managed job"),
        (["stop", "no-such-file.yaml", "-y"], "neither a file nor the name of a managed job"),
        (["stop", C5], "Give --auto-approve"),
        (["stop", "fleet.yaml", "-y", "--max-deletes", "1"], "--max-deletes allows 1"),
        (["destroy", "fleet.yaml"], "Give --auto-approve"),
        (["destroy", "fleet.yaml", "-y", "--max-deletes", "1"], "--max-deletes allows 1"),
        (["prune", "fleet.yaml", "-y"], "say what is kept"),
        (["prune", "fleet.yaml", "-y", "--older-than", "soon"], "not a duration with its unit"),
        (["prune", "fleet.yaml", "-y", "--older-than", "5"], "not a duration with its unit"),
        (["stop", "fleet.yaml", C5, "-y"], "files of specs or names of jobs, not both"),
        (["stop", C5, "fleet.yaml", "-y"], "files of specs or names of jobs, not both"),
    ],
)
def test_what_is_not_clear_or_not_approved_changes_nothing(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    running(terminal)
    assert terminal.run(*words) == 1
    assert said in capsys.readouterr().err
    assert changes(terminal) == []


def test_destroy_stops_what_runs_and_deletes_every_record_of_what_is_declared(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    finished(terminal, CHANGED, OTHER)
    kept = {name for name in records(terminal) if "resnet50" in name}
    running(terminal, FLEET)
    assert terminal.run("destroy", "fleet.yaml", "-y") == 0
    out = capsys.readouterr().out
    assert "2 to stop, 2 records to delete" in out
    assert "its record is deleted once it has stopped" in out
    assert records(terminal) == kept
    terminal.operations()
    assert terminal.run("destroy", "fleet.yaml", "-y") == 0
    assert terminal.operations() == ["List"]


def test_destroy_may_keep_the_records(terminal: Terminal) -> None:
    finished(terminal, CHANGED)
    running(terminal, FLEET)
    before = records(terminal)
    assert terminal.run("destroy", "fleet.yaml", "-y", "--keep-records") == 0
    assert records(terminal) == before
    assert terminal.sagemaker.live() == []


def test_destroying_reads_no_tags_of_jobs_that_are_not_meant(terminal: Terminal) -> None:
    finished(terminal, *(FLEET.replace("resnet18:", f"model{number}:") for number in range(20)))
    finished(terminal, FLEET)
    assert terminal.run("destroy", "fleet.yaml", "-y") == 0
    assert terminal.operations().count("ListTags") <= 4
    assert len(records(terminal)) == 40


def test_prune_keeps_the_newest_of_each_name_and_what_apply_would_miss(
    terminal: Terminal,
) -> None:
    generations = [FLEET.replace("224, 224", f"224, {200 + number}") for number in range(5)]
    finished(terminal, FLEET, *generations)
    assert len(records(terminal)) == 12
    assert terminal.run("prune", "fleet.yaml", "-y", "--keep-last", "2") == 0
    kept = records(terminal)
    assert {C5, ARM} < kept
    assert len(kept) == 6
    assert {operation for operation, _ in changes(terminal)} == {"Delete"}
    terminal.operations()
    assert terminal.run("plan", "fleet.yaml", "--detailed-exitcode") == 0
    assert terminal.run("prune", "fleet.yaml", "-y", "--keep-last", "0") == 0
    assert records(terminal) == {C5, ARM}
    assert terminal.run("plan", "fleet.yaml", "--detailed-exitcode") == 0


def test_prune_keeps_what_ended_lately_and_what_runs(terminal: Terminal) -> None:
    finished(terminal, CHANGED)
    terminal.clock.advance(91 * DAY)
    finished(terminal, FLEET.replace("224, 224", "224, 100"))
    running(terminal, OTHER)
    before = records(terminal)
    assert terminal.run("prune", "fleet.yaml", "-y", "--older-than", "90d") == 0
    assert len(before - records(terminal)) == 2
    assert len(terminal.sagemaker.live()) == 2


def test_pruning_a_failed_job_does_not_make_the_next_apply_compile_it_again(
    terminal: Terminal,
) -> None:
    finished(terminal, FLEET, script=BROKEN)
    assert terminal.run("prune", "fleet.yaml", "-y", "--keep-last", "0") == 0
    assert records(terminal) == {C5, ARM}
    assert terminal.run("apply", "fleet.yaml", "-y") == 1
    assert changes(terminal) == []


def hostile(terminal: Terminal) -> set[str]:
    """Put jobs into the account whose names, or some of whose tags, look like ours."""
    true = dict(terminal.sagemaker.jobs[0].tags)
    request = terminal.sagemaker.jobs[0].request
    lookalikes = {
        "vision-resnet18-ml-c5-aaaaaaaaaaaa": {},
        "vision-resnet18-ml-c5-bbbbbbbbbbbb": {**true},
        "vision-resnet18-ml-c5-cccccccccccc": {**true, ID: "cccccccccccc", MANAGED_BY: "x"},
        "vision-resnet18-ml-c5-dddddddddddd": {**true, ID: "dddddddddddd", OWNER: "visio"},
        "vision-resnet18-ml-c5-eeeeeeeeeeee-r1": {**true, ID: "eeeeeeeeeeee"},
        "vision-resnet18-ml-c5": {**true},
        "vision2-resnet18-ml-c5-omhsdssni6yl": {**true},
        "Vision-resnet18-ml-c5-omhsdssni6yl": {**true},
        "xvision-resnet18-ml-c5-omhsdssni6yl": {**true, LOGICAL_NAME: "resnet18/ml_c5"},
    }
    for name, tags in lookalikes.items():
        job = terminal.sagemaker.add_job({**request, "CompilationJobName": name})
        job.tags, job.foreign = dict(tags), True
    return set(lookalikes)


@pytest.mark.parametrize("script", [LONG, Script()], ids=["live", "finished"])
@pytest.mark.parametrize(
    "words",
    [
        ["stop", "fleet.yaml"],
        ["destroy", "fleet.yaml"],
        ["prune", "fleet.yaml", "--keep-last", "0", "--owner", "vision"],
    ],
    ids=lambda words: words[0],
)
def test_no_job_of_others_is_touched_however_alike(
    terminal: Terminal, words: list[str], script: Script
) -> None:
    terminal.sagemaker.script_of = lambda request: script
    create(terminal.sagemaker, FLEET)
    lookalikes = hostile(terminal)
    if script is not LONG:
        terminal.let_all_end()
    terminal.operations()
    terminal.run(*words, "-y")
    assert {name for _, name in changes(terminal)} & lookalikes == set()


@pytest.mark.parametrize("script", [LONG, Script()], ids=["live", "finished"])
def test_a_job_of_others_is_not_stopped_by_its_name_either(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], script: Script
) -> None:
    terminal.sagemaker.script_of = lambda request: script
    create(terminal.sagemaker, FLEET)
    names = sorted(name for name in hostile(terminal) if name.startswith("vision-"))[1:]
    if script is not LONG:
        terminal.let_all_end()
    terminal.operations()
    code = terminal.run("stop", *names, "-y")
    assert changes(terminal) == []
    if script is LONG:
        assert code == 1
        assert capsys.readouterr().err.count("is not ours") == len(names)


def test_jobs_whose_tags_cannot_be_read_are_said_and_left_alone(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    running(terminal)

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        if operation == "ListTags":
            raise ApiError("AccessDeniedException", "not authorized: sagemaker:ListTags")
        return commit()

    terminal.travel = travel
    assert terminal.run("destroy", "fleet.yaml", "-y") == 1
    assert changes(terminal) == []
    assert "sagemaker:ListTags" in capsys.readouterr().out


@pytest.mark.search
def test_killed_or_throttled_at_any_call_the_next_run_finishes(terminal: Terminal) -> None:
    for number in range(1, 30):
        terminal.sagemaker.jobs.clear()
        finished(terminal, CHANGED)
        running(terminal, FLEET)
        made = 0

        def travel(operation: str, commit: Callable[[], Answer], at: int = number) -> Answer:
            nonlocal made
            made += 1
            if made == at:
                raise ApiError("ThrottlingException", "Rate exceeded")
            return commit()

        terminal.travel = travel
        terminal.run("destroy", "fleet.yaml", "-y")
        terminal.travel = lambda operation, commit: commit()
        assert terminal.run("destroy", "fleet.yaml", "-y") == 0, number
        assert records(terminal) == set(), number
        if made < number:
            break
    assert number > 8, "so many calls were tried"
