"""``neoctl apply``: exactly what was shown, any number of times, at once, killed or interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from reconciler.cli.plans import files
from reconciler.core.ownership import MANAGED_BY
from tests.fakes.sagemaker import ApiError, Behaviour, Script
from tests.unit.cli.creating import create
from tests.unit.cli.planned import Terminal, at_call, write_spec
from tests.unit.specs.fleets import FLEET

Answer = TypeVar("Answer")
ONE = FLEET.replace("[ml_c5, LINUX/ARM64]", "[ml_c5]")
CHANGED = FLEET.replace("224, 224", "224, 320")
C5 = "vision-resnet18-ml-c5-omhsdssni6yl"
ARM = "vision-resnet18-linux-arm64-377xphb2ia6x"
LONG = Script(running=800_000)
BROKEN = Script(outcome="FAILED", reason="ClientError: InputConfiguration: no")


class Killed(BaseException):
    """The process is gone; nothing may catch it."""


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    write_spec()
    return Terminal()


def applied(terminal: Terminal, *words: str) -> int:
    return terminal.run("apply", *(words or ("fleet.yaml",)), "--auto-approve")


def plan_file(terminal: Terminal, *words: str) -> None:
    assert terminal.run("plan", "fleet.yaml", "--out", "plan.json", *words) == 0


def test_apply_creates_waits_and_shows_every_artifact(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert applied(terminal) == 0
    out = capsys.readouterr().out
    assert "Applied: 2 created. 2 compiled, 0 running, 0 failed." in out
    assert f"COMPLETED  resnet18/ml_c5 ({C5})  s3://" in out
    assert sorted(terminal.sagemaker.accepted()) == [ARM, C5]
    terminal.operations()
    assert applied(terminal) == 0
    assert terminal.operations() == ["List"]
    assert "Nothing to do." in capsys.readouterr().out


def test_a_plan_file_is_applied_without_the_specs(terminal: Terminal) -> None:
    plan_file(terminal)
    Path("fleet.yaml").unlink()
    assert applied(terminal, "plan.json") == 0
    assert len(terminal.sagemaker.accepted()) == 2
    assert applied(terminal, "plan.json") == 0
    assert len(terminal.sagemaker.accepted()) == 2


def test_where_nobody_can_be_asked_approval_must_be_given(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("apply", "fleet.yaml") == 1
    assert "--auto-approve" in capsys.readouterr().err
    assert terminal.sagemaker.accepted() == []


@pytest.mark.parametrize(("words", "code"), [([], 0), (["--no-wait"], 0), (["--timeout", "9"], 1)])
def test_it_waits_as_long_as_asked(terminal: Terminal, words: list[str], code: int) -> None:
    began = terminal.clock.time
    assert applied(terminal, "fleet.yaml", *words) == code
    assert (terminal.clock.time - began < 60) == bool(words)
    assert len(terminal.sagemaker.accepted()) == 2


def test_a_digest_that_is_not_expected_applies_nothing(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_file(terminal)
    digest = json.loads(Path("plan.json").read_text())["digest"]
    assert applied(terminal, "plan.json", "--expect", digest[::-1]) == 1
    assert "expected is" in capsys.readouterr().err
    assert terminal.sagemaker.accepted() == []
    assert applied(terminal, "fleet.yaml", "--expect", digest) == 0


def test_a_replaced_live_job_is_stopped_before_its_successor_is_created(
    terminal: Terminal,
) -> None:
    terminal.sagemaker.script_of = lambda request: LONG
    create(terminal.sagemaker, ONE)
    write_spec(ONE.replace("224, 224", "224, 320"))
    plan_file(terminal)
    terminal.sagemaker.script_of = lambda request: Script()
    terminal.operations()
    assert applied(terminal, "plan.json", "--max-deletes", "0") == 0
    made = [each for each in terminal.operations() if each in {"Stop", "Create"}]
    assert made == ["Stop", "Create"]
    assert terminal.sagemaker.live() == []


def test_pruning_ends_at_most_as_many_as_allowed_and_only_ours(terminal: Terminal) -> None:
    terminal.sagemaker.script_of = lambda request: LONG
    create(terminal.sagemaker, FLEET.replace("resnet18:", "old:"))
    foreign = terminal.sagemaker.jobs[0]
    foreign.tags[MANAGED_BY] = "somebody"
    terminal.sagemaker.script_of = lambda request: Script()
    assert applied(terminal, "fleet.yaml", "--prune", "--max-deletes", "0") == 1
    assert terminal.sagemaker.accepted("Stop") == []
    assert applied(terminal, "fleet.yaml", "--prune", "--max-deletes", "1") == 0
    assert [job.name for job in terminal.sagemaker.live()] == [foreign.name]
    ours = terminal.sagemaker.jobs[1]
    assert ours.deleted is not None
    terminal.operations()
    assert applied(terminal, "fleet.yaml", "--prune") == 0
    assert not {"Create", "Stop", "Delete"} & set(terminal.operations())


def test_all_jobs_of_an_owner_end_only_if_that_is_allowed(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert applied(terminal) == 0
    write_spec(FLEET.replace("owner: vision", "owner: other"))
    words = ("fleet.yaml", "--prune", "--owner", "vision")
    assert applied(terminal, *words) == 1
    assert "--allow-empty" in capsys.readouterr().err
    assert terminal.sagemaker.accepted("Delete") == []
    assert applied(terminal, *words, "--allow-empty") == 0
    assert sorted(terminal.sagemaker.accepted("Delete")) == [ARM, C5]


def test_a_failed_job_fails_the_apply_and_is_paid_for_once(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.sagemaker.script_of = lambda request: BROKEN
    assert applied(terminal) == 1
    assert "InputConfiguration" in capsys.readouterr().out
    assert applied(terminal) == 1
    assert len(terminal.sagemaker.accepted()) == 2
    terminal.sagemaker.script_of = lambda request: Script()
    assert applied(terminal, "fleet.yaml", "--retry-failed", "input") == 0
    assert sorted(terminal.sagemaker.accepted())[1::2] == [f"{ARM}-r1", f"{C5}-r1"]


def test_an_apply_that_leaves_jobs_in_conflict_or_failed_says_why_it_exits_with_1(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(ONE)
    create(terminal.sagemaker, ONE)
    terminal.let_all_end()
    del terminal.sagemaker.jobs[0].tags[MANAGED_BY]
    assert applied(terminal, "fleet.yaml", "--refresh") == 1
    assert "Error: left as they are: 1 in conflict;" in capsys.readouterr().err
    write_spec(FLEET)
    assert applied(terminal, "fleet.yaml", "--refresh") == 1
    told = capsys.readouterr()
    assert "Applied: 1 created." in told.out
    assert "Error: left as they are: 1 in conflict;" in told.err


def test_a_service_error_is_tried_again_within_the_apply(terminal: Terminal) -> None:
    scripts = [Script(outcome="FAILED", reason="InternalServerError: try again later"), Script()]
    write_spec(ONE)
    terminal.sagemaker.script_of = lambda request: scripts.pop(0)
    assert applied(terminal) == 0
    assert terminal.sagemaker.accepted() == [C5, f"{C5}-r1"]


@pytest.mark.parametrize(("words", "creates"), [([], [C5]), (["--on-failure", "stop"], [])])
def test_after_a_failure_nothing_more_begins_where_that_is_asked(
    terminal: Terminal, words: list[str], creates: list[str]
) -> None:
    failed: list[str] = []

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        if operation == "CreateCompilationJob" and not failed:
            failed.append(operation)
            raise ApiError("ValidationException", "no")
        return commit()

    terminal.travel = travel
    assert applied(terminal, "fleet.yaml", *words) == 1
    assert terminal.sagemaker.accepted() == creates


def test_replace_compiles_once_however_often_the_plan_is_applied(terminal: Terminal) -> None:
    assert applied(terminal) == 0
    plan_file(terminal, "--replace", "resnet18/ml_c5")
    assert applied(terminal, "plan.json") == 0
    assert applied(terminal, "plan.json") == 0
    assert sorted(terminal.sagemaker.accepted()) == [ARM, C5, f"{C5}-r1"]


def test_a_change_to_another_job_makes_no_plan_stale(terminal: Terminal) -> None:
    plan_file(terminal)
    create(terminal.sagemaker, FLEET.replace("resnet18:", "another:"))
    create(terminal.sagemaker, ONE)
    assert applied(terminal, "plan.json") == 0
    assert terminal.sagemaker.accepted().count(C5) == 1
    assert terminal.sagemaker.accepted().count(ARM) == 1


def test_what_was_overtaken_is_refused_with_both_values_and_the_rest_is_done(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_file(terminal)
    terminal.sagemaker.script_of = lambda request: Script(
        outcome="FAILED", reason="InternalServerError: try again later"
    )
    create(terminal.sagemaker, ONE)
    terminal.let_all_end()
    terminal.sagemaker.script_of = lambda request: Script()
    assert applied(terminal, "plan.json") == 1
    out = capsys.readouterr().out
    assert f"overtaken: planned after no job, now there is {C5}, FAILED" in out
    assert terminal.sagemaker.accepted() == [C5, ARM]


@pytest.mark.parametrize("words", [(), ("--prune",)])
@pytest.mark.parametrize("is_running", [True, False])
def test_a_plan_of_an_older_declaration_does_not_replace_a_newer_one(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], is_running: bool
) -> None:
    create(terminal.sagemaker, ONE)
    terminal.let_all_end()
    write_spec(CHANGED)
    plan_file(terminal, *words)
    terminal.sagemaker.script_of = lambda request: LONG if is_running else Script()
    create(terminal.sagemaker, ONE.replace("224, 224", "224, 640"))
    [newest] = [name for name in terminal.sagemaker.accepted() if name != C5]
    terminal.sagemaker.script_of = lambda request: Script()
    terminal.clock.advance(0 if is_running else 3600)
    assert applied(terminal, "plan.json", "--timeout", "600") == 1
    out = capsys.readouterr().out
    now = "INPROGRESS" if is_running else "COMPLETED"
    assert f"overtaken: planned after {C5}, now there is {newest}, {now}" in out
    assert [name for name in terminal.sagemaker.accepted() if "ml-c5" in name] == [C5, newest]
    assert newest not in [
        *terminal.sagemaker.accepted("Stop"),
        *terminal.sagemaker.accepted("Delete"),
    ]
    assert any("arm64" in name for name in terminal.sagemaker.accepted())


def test_another_job_whose_name_looks_like_an_older_generation_overtakes_nothing(
    terminal: Terminal,
) -> None:
    write_spec(ONE)
    plan_file(terminal)
    create(terminal.sagemaker, ONE.replace("resnet18:", "Resnet18:").replace("224, 224", "1, 1"))
    assert applied(terminal, "plan.json") == 0
    assert C5 in terminal.sagemaker.accepted()


def test_a_job_that_was_made_again_under_its_name_is_not_deleted(terminal: Terminal) -> None:
    assert applied(terminal) == 0
    write_spec(FLEET.replace("resnet18:", "resnet50:"))
    plan_file(terminal, "--prune")
    terminal.clock.advance(10)
    terminal.sagemaker.jobs.clear()
    create(terminal.sagemaker, ONE)
    terminal.let_all_end()
    assert applied(terminal, "plan.json") == 1
    assert terminal.sagemaker.accepted("Delete") == []


def edited(change: Callable[[dict[str, Any]], object]) -> None:
    """Edit a plan file as somebody would who knows how digests are made."""
    path = Path("plan.json")
    value = json.loads(path.read_text())
    change(value)
    value["digest"] = files.of_json(value).digest
    path.write_text(json.dumps(value, indent=2))


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: plan.update(account="999999999999"),
        lambda plan: plan.update(source="snapshot"),
        lambda plan: plan["actions"][0].update(job="other-resnet18-ml-c5-omhsdssni6yl"),
        lambda plan: plan["actions"][0].update(job="prod-database"),
        lambda plan: plan["declarations"][0]["request"]["OutputConfig"].update(
            S3OutputLocation="s3://elsewhere/"
        ),
        lambda plan: plan["declarations"].pop(),
    ],
)
def test_a_plan_file_that_contradicts_itself_or_the_account_applies_nothing(
    terminal: Terminal, change: Callable[[dict[str, Any]], object]
) -> None:
    plan_file(terminal)
    edited(change)
    assert applied(terminal, "plan.json") == 1
    assert terminal.sagemaker.accepted() == []


def test_the_rules_judge_a_plan_file_again(terminal: Terminal) -> None:
    plan_file(terminal)
    edited(lambda plan: [each["request"].update(RoleArn="x") for each in plan["declarations"]])
    assert applied(terminal, "plan.json") == 1
    assert terminal.sagemaker.accepted() == []


def test_a_plan_file_cannot_end_jobs_of_others(terminal: Terminal) -> None:
    terminal.sagemaker.script_of = lambda request: LONG
    create(terminal.sagemaker, ONE)
    job = terminal.sagemaker.jobs[0]
    job.tags[MANAGED_BY] = "somebody"
    write_spec(FLEET.replace("resnet18:", "resnet50:"))
    plan_file(terminal, "--prune")
    stop = {"action": "stop", "owner": "vision", "job": job.name, "logical_name": "",
            "created": f"{terminal.clock.now().isoformat()}"}  # fmt: skip
    edited(lambda plan: plan["actions"].insert(0, stop))
    terminal.sagemaker.script_of = lambda request: Script()
    applied(terminal, "plan.json")
    assert terminal.sagemaker.accepted("Stop") == []
    assert [each.name for each in terminal.sagemaker.live()] == [job.name]


def test_a_plan_file_takes_no_options_of_planning(terminal: Terminal) -> None:
    plan_file(terminal)
    assert applied(terminal, "plan.json", "--prune") == 1


def test_applies_at_once_create_each_job_once(terminal: Terminal) -> None:
    plan_file(terminal)
    for number in range(1, 7):
        terminal.sagemaker.jobs.clear()
        terminal.operations()
        inner: list[int] = []

        def other(inner: list[int] = inner) -> None:
            terminal.travel = at_call(0, lambda: None)
            inner.append(applied(terminal, "plan.json"))

        terminal.travel = at_call(number, other)
        assert applied(terminal, "plan.json") == 0, number
        assert inner == [0], number
        assert sorted(terminal.sagemaker.accepted()) == [ARM, C5], number


def test_a_job_that_another_apply_created_is_read_when_it_ends(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    create(terminal.sagemaker, FLEET)
    assert applied(terminal, "fleet.yaml") == 0
    out = capsys.readouterr().out
    for name in (ARM, C5):
        assert f"blake2-of-{name}" in out
    terminal.sagemaker.jobs.clear()
    terminal.sagemaker.script_of = lambda request: Script(artifact_missing=True)
    create(terminal.sagemaker, FLEET)
    assert applied(terminal, "fleet.yaml") == 1
    assert "its artifact is not in S3" in capsys.readouterr().out


def kill() -> None:
    raise Killed


@pytest.mark.search
def test_killed_at_any_call_the_next_apply_finishes(terminal: Terminal) -> None:
    for number in range(1, 40):
        terminal.sagemaker.jobs.clear()
        terminal.sagemaker.script_of = lambda request: LONG
        create(terminal.sagemaker, ONE)
        write_spec(CHANGED)
        terminal.sagemaker.script_of = lambda request: Script()
        terminal.operations()
        terminal.travel = at_call(number, kill)
        try:
            assert applied(terminal) == 0
            break
        except Killed:
            terminal.travel = at_call(0, kill)
        assert applied(terminal) == 0, number
        accepted = terminal.sagemaker.accepted()
        assert len(accepted) == len(set(accepted)) == 2, number
        assert terminal.sagemaker.live() == []
    assert number > 12, "so many calls were tried"


def test_interrupted_it_names_what_runs_and_the_next_apply_goes_on(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    terminal.meanwhile = interrupt
    assert applied(terminal) == 130
    error = capsys.readouterr().err
    assert C5 in error
    assert "To go on from what the account shows: neoctl apply fleet.yaml --auto-approve" in error
    terminal.meanwhile = lambda: None
    assert applied(terminal) == 0
    assert len(terminal.sagemaker.accepted()) == 2


def test_interrupted_between_two_creates_it_names_the_first(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        if terminal.sagemaker.accepted():
            raise KeyboardInterrupt

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        interrupt()
        return commit()

    terminal.travel = travel
    assert applied(terminal) == 130
    assert f"Still running: {ARM}." in capsys.readouterr().err


def test_interrupted_after_the_quota_let_a_job_start_it_names_that_job(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(FLEET.replace("LINUX/ARM64]", "LINUX/ARM64, jetson_nano]"))
    terminal.sagemaker.behaviour = Behaviour(quota=1)

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        if len(terminal.sagemaker.accepted()) == 2:
            raise KeyboardInterrupt
        return commit()

    terminal.travel = travel
    assert applied(terminal) == 130
    named = capsys.readouterr().err.partition("Still running: ")[2]
    assert terminal.sagemaker.live()[0].name in named
