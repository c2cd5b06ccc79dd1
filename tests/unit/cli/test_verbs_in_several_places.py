"""Every verb that takes specs, over several accounts and regions, of which one may fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from reconciler.cli.findings.printable import printable
from reconciler.cli.plans import markdown
from reconciler.core.ports import Denied
from tests.fakes.gateway import Answer, Travel
from tests.fakes.sagemaker import ApiError, Script
from tests.paths import ROOT
from tests.unit.cli.creating import create
from tests.unit.cli.pages import Parsed
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.specs.fleets import FLEET

WEST, EAST = "eu-west-1", "us-east-1"
REFERENCE: Final = ROOT / "docs" / "reference"
VERBS: Final = {
    "plan": ["--format", "json"], "status": ["--format", "json"], "drift": ["--format", "json"],
    "doctor": ["--format", "json"], "wait": ["--timeout", "0", "--format", "json"],
}  # fmt: skip
"""The verbs that print JSON of each place."""


def at(region: str, text: str = FLEET) -> str:
    return f"{text}region: {region}\n"


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """neoctl beside two regions, in each of which the same fleet runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    made = Terminal()
    for region in (EAST, WEST):
        write_spec(at(region), f"{region}.yaml")
        create(made.in_region(region), FLEET)
    return made


def denied(operation: str, commit: Callable[[], Answer]) -> Answer:
    """Refuse every call."""
    raise ApiError("AccessDeniedException", f"not authorized: {operation}")


def fails_to_connect(terminal: Terminal) -> None:
    terminal.unreachable[WEST] = Denied("AccessDenied", "not in this region")


def fails_to_read(terminal: Terminal) -> None:
    terminal.failing[WEST] = denied


FAILURES: Final = [fails_to_connect, fails_to_read]


def live(terminal: Terminal, region: str) -> int:
    return len(terminal.in_region(region).live())


def records(terminal: Terminal, region: str) -> int:
    return sum(job.deleted is None for job in terminal.in_region(region).jobs)


@pytest.mark.parametrize("verb", VERBS)
def test_json_is_a_list_with_an_element_for_each_place(
    terminal: Terminal, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.run(verb, ".", *VERBS[verb])
    found = json.loads(capsys.readouterr().out)
    assert {(each["account"], each["region"]) for each in found} == {
        ("111122223333", EAST), ("111122223333", WEST),
    }  # fmt: skip
    schema = json.loads(
        (REFERENCE / f"{'status' if verb == 'wait' else verb}.schema.json").read_text()
    )
    for each in found:
        jsonschema.validate(each, schema)


@pytest.mark.parametrize("fail", FAILURES)
@pytest.mark.parametrize("verb", VERBS)
def test_a_place_that_fails_holds_up_no_other_and_json_stays_a_list(
    terminal: Terminal,
    verb: str,
    fail: Callable[[Terminal], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal.let_all_end()
    fail(terminal)
    code = terminal.run(verb, ".", *VERBS[verb])
    said = capsys.readouterr()
    found = json.loads(said.out)
    if verb == "doctor":  # that a place does not answer is what it reports
        assert {each["region"]: each["counts"]["error"] > 0 for each in found}[WEST]
    else:
        assert [each["region"] for each in found] == [EAST]
        assert f"Error: {WEST}: AccessDenied" in said.err
    assert code == 1


def test_the_region_is_read_once_for_specs_that_turn_out_to_be_for_one_place(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(f"{WEST}.yaml").unlink()
    write_spec(FLEET.replace("resnet18:", "other:"), "usual.yaml")
    for verb, options in VERBS.items():
        if verb != "doctor":
            terminal.run(verb, ".", *options)
            found = json.loads(capsys.readouterr().out)
            assert isinstance(found, dict), verb


def test_stopping_asks_once_with_the_whole_list_and_stops_in_each_place(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("stop", f"{EAST}.yaml", f"{WEST}.yaml", "-y", "--max-deletes", "3") == 1
    assert live(terminal, EAST) == live(terminal, WEST) == 2
    assert terminal.run("stop", f"{EAST}.yaml", f"{WEST}.yaml") == 1
    assert live(terminal, EAST) == live(terminal, WEST) == 2
    said = capsys.readouterr()
    assert said.err.count("nobody can be asked") == 1
    assert said.out.count(f"vision (account 111122223333, {WEST})") == 2
    assert terminal.run("stop", f"{EAST}.yaml", f"{WEST}.yaml", "-y") == 0
    assert live(terminal, EAST) == live(terminal, WEST) == 0
    assert "4 stopped" in capsys.readouterr().out


@pytest.mark.parametrize("fail", FAILURES)
def test_destroying_goes_on_in_other_places_and_says_which_failed(
    terminal: Terminal, fail: Callable[[Terminal], None], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.let_all_end()
    fail(terminal)
    assert terminal.run("destroy", ".", "-y") == 1
    assert (records(terminal, EAST), records(terminal, WEST)) == (0, 2)
    assert f"Error: {WEST}: AccessDenied" in capsys.readouterr().err
    terminal.unreachable.clear()
    terminal.failing.clear()
    assert terminal.run("destroy", ".", "-y") == 0
    assert records(terminal, WEST) == 0
    done = capsys.readouterr().out.splitlines()
    assert done[-1].startswith("Applied: 2 records deleted.")
    assert not done[-2].startswith("account"), "no heading of a place without jobs"


def test_pruning_keeps_in_each_place_what_is_declared_there(terminal: Terminal) -> None:
    for region in (EAST, WEST):
        create(terminal.in_region(region), FLEET.replace("resnet18:", f"old-{region}:"))
    terminal.let_all_end()
    assert terminal.run("prune", ".", "-y", "--keep-last", "0") == 0
    for region in (EAST, WEST):
        assert records(terminal, region) == 2


def test_a_job_that_is_not_in_the_place_is_an_error_that_names_the_place(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("stop", "vision-resnet18-ml-c5-aaaaaaaaaaaa", "--region", WEST) == 1
    assert f"there is no job of this name in {WEST}" in capsys.readouterr().err


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_watching_shows_the_changes_of_every_place_until_all_have_ended(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.in_region(WEST).script_of = lambda request: Script(running=800)
    terminal.in_region(WEST).jobs.clear()
    create(terminal.in_region(WEST), FLEET)
    assert terminal.run("status", ".", "--watch", "--format", "json") == 0
    last = {each["region"]: each["counts"]["completed"] for each in lines(capsys.readouterr().out)}
    assert last == {EAST: 2, WEST: 2}


def test_watching_names_the_place_of_each_change(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("status", ".", "--watch") == 0
    changes = [each for each in capsys.readouterr().out.splitlines() if " -> " in each]
    assert {each.split(" [")[1].split("]")[0] for each in changes} == {EAST, WEST}


def test_a_place_that_has_ended_is_not_looked_at_any_more(terminal: Terminal) -> None:
    terminal.in_region(WEST).script_of = lambda request: Script(running=800)
    terminal.in_region(WEST).jobs.clear()
    create(terminal.in_region(WEST), FLEET)
    for region in (EAST, WEST):
        terminal.in_region(region).calls.clear()
    assert terminal.run("status", ".", "--watch", "--interval", "10") == 0
    lists = {
        region: sum(call.operation == "List" for call in terminal.in_region(region).calls)
        for region in (EAST, WEST)
    }
    assert 3 * lists[EAST] < lists[WEST]


def failing_later(calls: int) -> Travel:
    """Let some calls through, and refuse the rest."""
    left = iter(range(calls))

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        if next(left, None) is None:
            return denied(operation, commit)
        return commit()

    return travel


@pytest.mark.parametrize("words", [["status", "--watch"], ["wait"]])
def test_a_place_that_fails_while_it_is_watched_is_reported_once_and_others_are_watched_on(
    terminal: Terminal, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.failing[WEST] = failing_later(5)
    assert terminal.run(*words, ".") == 1
    said = capsys.readouterr()
    assert said.err.count("AccessDenied") == 1
    assert live(terminal, EAST) == 0


def test_waiting_ends_at_the_first_failed_job_of_any_place(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.in_region(WEST).script_of = lambda request: Script(
        running=60, outcome="FAILED", reason="ClientError: no"
    )
    terminal.in_region(EAST).script_of = lambda request: Script(running=20_000)
    for region in (EAST, WEST):
        terminal.in_region(region).jobs.clear()
        create(terminal.in_region(region), FLEET)
    assert terminal.run("wait", ".") == 1
    assert live(terminal, EAST) == 2
    errors = [each for each in capsys.readouterr().err.splitlines() if each.startswith("Error")]
    assert errors == [f"Error: {WEST}: a job failed: 2 jobs: 2 failed."]


def test_places_that_are_slow_time_out_together(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    began = terminal.clock.time
    assert terminal.run("wait", ".", "--timeout", "30") == 2
    assert terminal.clock.time - began == pytest.approx(30)
    assert capsys.readouterr().err.count("timed out") == 2


def test_markdown_of_all_places_is_one_comment(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    many = ", ".join(f"{{TargetDevice: ml_c5, name: {'n' * 20}{each}}}" for each in range(700))
    for region in (EAST, WEST):
        write_spec(at(region, FLEET.replace("[ml_c5, LINUX/ARM64]", f"[{many}]")), f"{region}.yaml")
    assert terminal.run("status", ".", "--format", "markdown") == 0
    out = capsys.readouterr().out
    assert len(out) <= markdown.LIMIT
    assert EAST in out
    assert WEST in out


def test_a_report_has_the_jobs_of_every_place_each_with_its_own_history(
    terminal: Terminal,
) -> None:
    terminal.let_all_end()
    assert terminal.run("report", ".", "-o", "report.html") == 0
    page = Parsed(Path("report.html").read_text())
    assert sorted({job["place"] for job in page.jobs}) == [
        f"111122223333, {WEST}", f"111122223333, {EAST}",
    ]  # fmt: skip
    assert len(page.jobs) == 4
    assert page.data["places"] == [f"account 111122223333, {each}" for each in (WEST, EAST)]
    assert terminal.run("report", f"{EAST}.yaml", "-o", "report.html") == 0
    assert all("place" not in job for job in Parsed(Path("report.html").read_text()).jobs)


@pytest.mark.parametrize("fail", FAILURES)
def test_a_report_names_the_places_that_could_not_be_read(
    terminal: Terminal, fail: Callable[[Terminal], None], capsys: pytest.CaptureFixture[str]
) -> None:
    fail(terminal)
    assert terminal.run("report", ".", "-o", "report.html") == 1
    page = Parsed(Path("report.html").read_text())
    [unread] = page.data["unread"]
    assert unread.startswith(f"{WEST}: AccessDenied")
    assert {job["place"] for job in page.jobs} == {f"111122223333, {EAST}"}
    assert printable(unread) in capsys.readouterr().err


def plans(terminal: Terminal, capsys: pytest.CaptureFixture[str], *words: str) -> list[Any]:
    capsys.readouterr()
    terminal.run("plan", ".", "--format", "json", *words)
    found: list[Any] = json.loads(capsys.readouterr().out)
    return [(each["region"], each["actions"], each["digest"]) for each in found]


def test_a_folder_of_snapshots_gives_the_same_plans_without_a_call(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.in_region(WEST).jobs.clear()
    first = plans(terminal, capsys, "--save-snapshot", "saved")
    names = sorted(path.name for path in Path("saved").iterdir())
    assert names == [f"111122223333-{WEST}.json", f"111122223333-{EAST}.json"]
    terminal.accesses.clear()
    assert plans(terminal, capsys, "--against", "saved") == first
    assert terminal.accesses == []


def test_a_place_that_was_not_saved_is_an_error_and_others_are_planned(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    fails_to_read(terminal)
    assert terminal.run("plan", ".", "--save-snapshot", "saved") == 1
    assert [path.name for path in Path("saved").iterdir()] == [f"111122223333-{EAST}.json"]
    terminal.failing.clear()
    capsys.readouterr()
    assert terminal.run("plan", ".", "--against", "saved") == 1
    said = capsys.readouterr()
    assert f"saved is of 111122223333, {EAST}; the specs are for {WEST}" in said.err
    assert f"(account 111122223333, {EAST})" in said.out
    assert terminal.run("plan", f"{EAST}.yaml", "--against", "saved") == 0
    assert terminal.run("plan", f"{EAST}.yaml", "--against", f"saved/111122223333-{EAST}.json") == 0


def test_snapshots_of_two_regions_do_not_tell_which_one_a_spec_without_region_is_for(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    plans(terminal, capsys, "--save-snapshot", "saved")
    write_spec(FLEET, "fleet.yaml")
    assert terminal.run("plan", "fleet.yaml", "--against", "saved") == 1
    assert "--region" in capsys.readouterr().err
    assert terminal.run("plan", "fleet.yaml", "--against", "saved", "--region", WEST) == 0
    Path("empty").mkdir()
    assert terminal.run("plan", ".", "--against", "empty") == 1


def test_plans_go_into_a_folder_even_if_only_one_place_could_be_planned(
    terminal: Terminal,
) -> None:
    fails_to_connect(terminal)
    assert terminal.run("plan", ".", "--out", "plans") == 1
    assert [path.name for path in Path("plans").iterdir()] == [f"111122223333-{EAST}.json"]


def test_each_place_shares_a_fleet_of_its_own(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = "s3://state-{region}/{account}/fleets"
    assert terminal.run("apply", ".", "-y", "--state", uri) == 0
    assert terminal.run("plan", ".", "--state", uri, "--out", "plans") == 0
    assert "generation 1" in capsys.readouterr().err
    for path in Path("plans").iterdir():
        plan = json.loads(path.read_text())
        assert plan["options"]["state"] == f"s3://state-{plan['region']}/111122223333/fleets"
    for region in (EAST, WEST):
        keys = {bucket for bucket in terminal.buckets.made if region in bucket}
        assert keys == {f"state-{region}"}


@pytest.mark.parametrize("uri", ["s3://state/fleets", "s3://state-{account}/fleets"])
@pytest.mark.parametrize("verb", ["plan", "apply"])
def test_fleets_of_two_places_never_share_a_state(
    terminal: Terminal, verb: str, uri: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run(verb, ".", "--state", uri, *(["-y"] if verb == "apply" else [])) == 1
    assert "{region}" in capsys.readouterr().err
    assert terminal.run(verb, ".", "--state", "s3://state-{reigon}/fleets") == 1
    assert "unknown placeholder {reigon}" in capsys.readouterr().err
    write_spec(at(WEST, FLEET.replace("owner: vision", "owner: other")), f"{WEST}.yaml")
    assert terminal.run("plan", ".", "--state", uri) == 0


def test_a_folder_of_plans_is_shown_and_applied_as_one_and_only_with_every_digest(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    for region in (EAST, WEST):
        terminal.in_region(region).jobs.clear()
    assert terminal.run("plan", ".", "--out", "plans") == 0
    shown = capsys.readouterr().out
    assert terminal.run("show", "plans") == 0
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(shown.splitlines())
    assert terminal.run("show", "plans", "--digest") == 0
    digests = capsys.readouterr().out.strip()
    assert len(digests.split()) == 2
    for wrong in ("", " ", digests.split()[0], "another"):
        assert terminal.run("apply", "plans", "-y", "--expect", wrong) == 1, wrong
    assert live(terminal, EAST) == live(terminal, WEST) == 0
    assert terminal.run("apply", "plans", "-y", "--no-wait", "--expect", digests) == 0
    assert live(terminal, EAST) == live(terminal, WEST) == 2


def test_a_folder_with_one_plan_stays_a_list_and_one_with_other_files_is_no_folder_of_plans(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("plan", f"{EAST}.yaml", "--out", "plans/") == 0
    capsys.readouterr()
    assert terminal.run("show", "plans", "--format", "json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 1
    assert terminal.run("show", *map(str, Path("plans").iterdir()), "--format", "json") == 0
    assert isinstance(json.loads(capsys.readouterr().out), dict)
    assert terminal.run("apply", "plans", "-y") == 0
    Path("plans/notes.json").write_text("{}")
    for words in (["show", "plans"], ["apply", "plans", "-y"]):
        assert terminal.run(*words) == 1
    Path("none").mkdir()
    assert terminal.run("show", "none") == 1
