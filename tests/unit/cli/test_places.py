"""``neoctl plan`` and ``apply`` over several accounts and regions in one run."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from reconciler.cli.plans import markdown
from reconciler.core.ports import Unavailable
from tests.fakes.sagemaker import Script
from tests.paths import ROOT
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.specs.fleets import FLEET

SCHEMA = json.loads((ROOT / "docs" / "reference" / "plan.schema.json").read_text())
ONE = FLEET.replace("[ml_c5, LINUX/ARM64]", "[ml_c5]")
WEST, EAST = "eu-west-1", "us-east-1"
ROLE = "arn:aws:iam::999999999999:role/Neo"


def at(region: str, more: str = "", text: str = ONE) -> str:
    """Return a spec for a region, whose artifacts go to a bucket there."""
    return text.replace("example-bucket", f"bucket-{region}") + f"region: {region}\n{more}"


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    write_spec(at(EAST), "east.yaml")
    write_spec(at(WEST), "west.yaml")
    return Terminal()


def created(terminal: Terminal, region: str) -> int:
    return len(terminal.in_region(region).accepted())


def test_one_run_compiles_in_each_place_and_reports_by_place(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("apply", ".", "-y") == 0
    assert (created(terminal, EAST), created(terminal, WEST)) == (1, 1)
    out = capsys.readouterr().out
    for region in (EAST, WEST):
        assert f"vision (account 111122223333, {region})" in out
        assert f"\naccount 111122223333, {region}\n  COMPLETED" in out
    assert "Applied: 2 created. 2 compiled, 0 running, 0 failed." in out


def test_progress_says_each_status_once_though_two_places_have_a_job_of_one_name(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.in_region(WEST).script_of = lambda _: Script(running=600)
    assert terminal.run("apply", ".", "-y", "--progress", "lines") == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "resnet18/ml_c5  " in line]
    for region in (EAST, WEST):
        told = [line.split()[0] for line in lines if line.endswith(region)]
        assert told == ["STARTING", "INPROGRESS", "COMPLETED"]
    assert len(lines) == 6


def test_the_jobs_of_two_places_run_at_the_same_time(terminal: Terminal) -> None:
    most = 0

    def watch() -> None:
        nonlocal most
        live = sum(len(terminal.in_region(each).live()) for each in (EAST, WEST))
        most = max(most, live)

    terminal.meanwhile = watch
    assert terminal.run("apply", ".", "-y", "--parallelism", "1") == 0
    assert most == 2


def test_a_place_that_does_not_answer_holds_up_no_other(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.unreachable[WEST] = Unavailable("EndpointConnectionError", "no route")
    assert terminal.run("plan", ".") == 1
    said = capsys.readouterr()
    assert f"vision (account 111122223333, {EAST})" in said.out
    assert f"Error: {WEST}: EndpointConnectionError: no route" in said.err
    assert terminal.run("apply", ".", "-y") == 1
    assert (created(terminal, EAST), created(terminal, WEST)) == (1, 0)
    assert WEST in capsys.readouterr().err
    assert terminal.run("plan", "west.yaml") == 1


def test_a_place_that_fails_while_applying_holds_up_no_other(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = "ClientError: InputConfiguration: no"
    terminal.in_region(WEST).script_of = lambda request: Script(outcome="FAILED", reason=reason)
    assert terminal.run("apply", ".", "-y", "--on-failure", "stop") == 1
    assert "1 compiled, 0 running, 1 failed" in capsys.readouterr().out


def test_plans_of_several_places_are_files_of_a_folder_that_apply_takes_together(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("plan", ".", "--out", "plans", "--format", "json") == 0
    shown = json.loads(capsys.readouterr().out)
    files = sorted(Path("plans").iterdir())
    assert [file.name for file in files] == [
        f"111122223333-{WEST}.json", f"111122223333-{EAST}.json",
    ]  # fmt: skip
    written = [json.loads(file.read_text()) for file in files]
    assert sorted(written, key=str) == sorted(shown, key=str)
    for each in written:
        jsonschema.validate(each, SCHEMA)
    paths = [str(file) for file in files]
    first, second = (each["digest"] for each in written)
    assert terminal.run("apply", *paths, "-y", "--expect", first) == 1
    assert created(terminal, EAST) == created(terminal, WEST) == 0
    assert terminal.run("apply", *paths, "-y", "--expect", first, "--expect", second) == 0
    assert created(terminal, EAST) == created(terminal, WEST) == 1
    assert terminal.run("apply", paths[0], "east.yaml", "-y") == 1


def test_every_format_shows_every_place_and_a_comment_stays_one(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    for output in ("text", "json", "jsonl", "markdown", "github"):
        assert terminal.run("plan", ".", "--format", output) == 0
        out = capsys.readouterr().out
        assert {each for each in (EAST, WEST) if each in out} == {EAST, WEST}, output
    assert terminal.run("plan", ".", "--format", "gitlab") == 0
    assert json.loads(capsys.readouterr().out)["create"] == 2
    many = ", ".join(f"{{TargetDevice: ml_c5, name: {'n' * 20}{each}}}" for each in range(700))
    for region in (EAST, WEST):
        write_spec(at(region, text=FLEET.replace("[ml_c5, LINUX/ARM64]", f"[{many}]")), "east.yaml"
                   if region == EAST else "west.yaml")  # fmt: skip
    terminal.run("plan", ".", "--format", "markdown", "--show", "all")
    assert len(capsys.readouterr().out) <= markdown.LIMIT


@pytest.mark.parametrize(
    ("code", "remedy"),
    [("NoCredentialsError", "--profile"), ("NoRegionError", "--region"),
     ("EndpointConnectionError", "network"), ("UnauthorizedSSOTokenError", "aws sso login")],
)  # fmt: skip
def test_an_account_that_cannot_be_reached_is_an_error_with_what_to_do(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], code: str, remedy: str
) -> None:
    terminal.unreachable[EAST] = Unavailable(code, "It did not work.")
    assert terminal.run("plan", "east.yaml") == 1
    error = capsys.readouterr().err
    assert error.startswith(f"Error: {code}: It did not work. ")
    assert remedy in error


def test_credentials_of_another_account_than_the_specs_name_do_nothing(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(at(EAST, 'account: "222222222222"\n'), "east.yaml")
    assert terminal.run("apply", "east.yaml", "-y") == 1
    assert "the credentials are of account 111122223333, it must be 222222222222" in (
        capsys.readouterr().err
    )
    assert terminal.run("plan", "west.yaml", "--account", "222222222222") == 1
    assert terminal.run("destroy", "east.yaml", "-y") == 1
    assert created(terminal, EAST) == 0
    assert terminal.run("plan", "west.yaml", "--account", "111122223333") == 0


def test_the_role_that_a_spec_names_is_assumed_and_kept_in_the_plan(terminal: Terminal) -> None:
    write_spec(at(EAST, f'account: "999999999999"\nassumeRole: {ROLE}\n'), "east.yaml")
    assert terminal.run("plan", "east.yaml", "--out", "plan.json") == 0
    assert json.loads(Path("plan.json").read_text())["assume_role"] == ROLE
    assert terminal.run("apply", "plan.json", "-y") == 0
    assert {each.assume_role for each in terminal.accesses} == {ROLE}


def test_a_region_that_the_specs_do_not_name_is_refused(terminal: Terminal) -> None:
    for verb in ("plan", "status", "drift", "doctor", "report", "stop", "destroy"):
        assert terminal.run(verb, ".", "--region", WEST) == 1, verb
    assert terminal.operations() == []


def test_the_same_name_twice_in_one_place_is_an_error(terminal: Terminal) -> None:
    write_spec(at(EAST), "again.yaml")
    assert terminal.run("plan", ".") == 1


def test_specs_that_turn_out_to_be_for_one_place_are_planned_together(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(ONE.replace("resnet18:", "other:"), "west.yaml")
    assert terminal.run("apply", ".", "-y", "--prune") == 0
    assert created(terminal, EAST) == 2
    capsys.readouterr()
    assert terminal.run("plan", ".", "--prune", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["summary"]["keep"] == 2
    write_spec(at(EAST, f"assumeRole: {ROLE.replace('9' * 12, '111122223333')}\n"), "east.yaml")
    assert terminal.run("plan", ".", "--prune") == 1
    assert "with different roles" in capsys.readouterr().err
