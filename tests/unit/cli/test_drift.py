"""``neoctl drift``: each drift that is put into an account is found and classed, and no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import jsonschema
import pytest

from reconciler.cli.drifts.document import KINDS, DriftKind, Verdict
from reconciler.core.event_history import ApiCall
from reconciler.core.ownership import LOGICAL_NAME, MANAGED_BY, OWNER
from reconciler.core.ports import Denied, ObjectHead
from tests.fakes.sagemaker import ApiError, Job, Script
from tests.paths import ROOT
from tests.unit.cli.creating import create
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.specs.fleets import FLEET

Answer = TypeVar("Answer")
SCHEMA = json.loads((ROOT / "docs" / "reference" / "drift.schema.json").read_text())
TAGGED = FLEET.replace(
    "S3OutputLocation: s3://example-bucket/out/", "S3OutputLocation: s3://example-bucket/out/, "
    "Tags: {team: vision}"
)  # fmt: skip
C5 = "vision-resnet18-ml-c5-omhsdssni6yl"
NAME = "resnet18/ml_c5"
SOURCE = "s3://example-bucket/models/resnet18.tar.gz"
LONG = Script(running=8_000_000)
DAY = 86_400


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A fleet at rest: compiled, its model in S3."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    write_spec(TAGGED)
    terminal = Terminal()
    terminal.models[SOURCE] = ObjectHead(etag="abc", modified=terminal.clock.now())
    terminal.clock.advance(60)
    create(terminal.sagemaker, TAGGED)
    terminal.let_all_end()
    terminal.operations()
    return terminal


def c5(terminal: Terminal) -> Job:
    job = terminal.sagemaker.job(C5)
    assert job is not None
    return job


def report(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], *words: str, code: int | None = None
) -> dict[str, Any]:
    capsys.readouterr()
    ended = terminal.run("drift", "fleet.yaml", "--format", "json", *words)
    out, error = capsys.readouterr()
    assert code in {None, ended}, out + error
    found: dict[str, Any] = json.loads(out)
    jsonschema.validate(found, SCHEMA)
    return found


def drifts(found: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["logical_name"], each["drift"]) for each in found["drifts"]}


def test_a_fleet_at_rest_raises_no_alarm_for_thirty_days(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(30):
        terminal.clock.advance(DAY)
        assert report(terminal, capsys, code=0)["drifts"] == []
        assert not {"Create", "Stop", "Delete", "AddTags"} & set(terminal.operations())


def test_what_the_service_fills_in_and_others_add_is_not_drift(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    job = c5(terminal)
    job.tags["cost-center"] = "somebody adds tags to everything"
    job.request["StoppingCondition"] = {**job.request["StoppingCondition"], "New": 1}
    job.request["OutputConfig"] = {**job.request["OutputConfig"], "CompilerOptions": '{"x": 1}'}
    assert report(terminal, capsys, code=0)["drifts"] == []


def delete(terminal: Terminal) -> None:
    c5(terminal).deleted = terminal.clock.time


def stop(terminal: Terminal) -> None:
    delete(terminal)
    terminal.sagemaker.jobs.remove(next(job for job in terminal.sagemaker.jobs if job.name == C5))
    terminal.sagemaker.script_of = lambda request: LONG
    create(terminal.sagemaker, TAGGED)
    c5(terminal).stop(terminal.clock.time)
    terminal.clock.advance(600)


def retag(terminal: Terminal) -> None:
    c5(terminal).tags["team"] = "audio"


def untag(terminal: Terminal) -> None:
    del c5(terminal).tags["team"]


def rename(terminal: Terminal) -> None:
    c5(terminal).tags[LOGICAL_NAME] = "another"


def take_over(terminal: Terminal) -> None:
    c5(terminal).tags[OWNER] = "audio"


def recreate_by_hand(terminal: Terminal) -> None:
    job = c5(terminal)
    terminal.sagemaker.jobs.remove(job)
    plain = {key: value for key, value in job.request.items() if key != "Tags"}
    terminal.sagemaker.add_job(plain, script=LONG, foreign=True)


def remove_artifact(terminal: Terminal) -> None:
    c5(terminal).artifact_removed = True


def overwrite_artifact(terminal: Terminal) -> None:
    terminal.clock.advance(DAY)
    c5(terminal).artifact_overwritten = terminal.clock.time


def second_job(terminal: Terminal) -> None:
    """Create a job of ours of another declaration of the same name, which runs on."""
    terminal.sagemaker.script_of = lambda request: LONG
    create(terminal.sagemaker, TAGGED.replace("[ml_c5, LINUX/ARM64]", "[ml_c5]").replace(
        "224, 224", "224, 320"))  # fmt: skip


SEEDED: list[tuple[Callable[[Terminal], None], DriftKind]] = [
    (delete, DriftKind.VANISHED),
    (stop, DriftKind.STOPPED),
    (retag, DriftKind.RETAGGED),
    (untag, DriftKind.RETAGGED),
    (rename, DriftKind.RETAGGED),
    (take_over, DriftKind.CONFLICT),
    (recreate_by_hand, DriftKind.CONFLICT),
    (remove_artifact, DriftKind.ARTIFACT_GONE),
    (overwrite_artifact, DriftKind.ARTIFACT_CHANGED),
    (second_job, DriftKind.DUPLICATE),
]


@pytest.mark.parametrize(("seed", "kind"), SEEDED, ids=lambda each: getattr(each, "__name__", ""))
def test_each_seeded_drift_is_found_classed_and_the_only_one(
    terminal: Terminal,
    capsys: pytest.CaptureFixture[str],
    seed: Callable[[Terminal], None],
    kind: DriftKind,
) -> None:
    terminal.clock.advance(3 * DAY)
    seed(terminal)
    terminal.operations()
    assert drifts(report(terminal, capsys, code=2)) == {(NAME, kind.value)}
    assert not {"Create", "Stop", "Delete", "AddTags"} & set(terminal.operations())
    assert terminal.run("drift", "fleet.yaml") == 2
    out = capsys.readouterr().out
    assert f"! {kind.value} " in out
    assert KINDS[kind].advice in out
    assert terminal.run("drift", "fleet.yaml", "--format", "markdown") == 2
    assert f"**! {kind.value}**" in capsys.readouterr().out


def test_a_model_that_was_changed_is_drift_of_every_job_that_it_was_compiled_for(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.models[SOURCE] = ObjectHead(etag="other", modified=terminal.clock.now())
    found = report(terminal, capsys, code=2)
    assert {kind for _, kind in drifts(found)} == {"source-changed"}
    assert len(found["drifts"]) == 2


def test_a_declared_revision_is_what_counts_not_the_time(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(TAGGED.replace("    Framework:", "    revision: etag:abc\n    Framework:"))
    assert terminal.run("apply", "fleet.yaml", "-y") == 0
    terminal.models[SOURCE] = ObjectHead(etag="abc", modified=terminal.clock.now())
    assert report(terminal, capsys, code=0)["drifts"] == []
    terminal.models[SOURCE] = ObjectHead(etag="def", modified=terminal.clock.now())
    found = report(terminal, capsys, code=2)
    assert {kind for _, kind in drifts(found)} == {"source-changed"}
    assert "etag:def" in found["drifts"][0]["detail"]


def test_what_only_informs_does_not_call_for_action(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    del terminal.models[SOURCE]
    assert {kind for _, kind in drifts(report(terminal, capsys, code=0))} == {"source-gone"}
    terminal.models[SOURCE] = ObjectHead()
    write_spec(TAGGED.replace("224, 224", "224, 320"))
    assert {kind for _, kind in drifts(report(terminal, capsys, code=0))} == {"unapplied"}
    assert {KINDS[kind].verdict for kind in (DriftKind.SOURCE_GONE, DriftKind.UNAPPLIED)} == {
        Verdict.INFORM
    }


def test_a_changed_spec_whose_old_job_runs_on_is_not_applied_and_no_duplicate(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.sagemaker.jobs.clear()
    terminal.sagemaker.script_of = lambda request: LONG
    create(terminal.sagemaker, TAGGED)
    write_spec(TAGGED.replace("224, 224", "224, 320"))
    assert {kind for _, kind in drifts(report(terminal, capsys, code=0))} == {"unapplied"}


def test_jobs_that_run_as_declared_are_no_drift(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.sagemaker.jobs.clear()
    terminal.sagemaker.script_of = lambda request: LONG
    create(terminal.sagemaker, TAGGED)
    assert report(terminal, capsys, code=0)["drifts"] == []


def test_a_policy_is_held_against_jobs_as_they_are(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("policy.json").write_text(json.dumps({"requireKmsKey": True, "requiredTags": ["team"]}))
    found = report(terminal, capsys, "--policy", "policy.json", code=2)
    assert {kind for _, kind in drifts(found)} == {"policy-breach"}
    assert all("NEO701" in each["detail"] for each in found["drifts"])


def test_several_drifts_of_one_job_are_all_told(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    retag(terminal)
    overwrite_artifact(terminal)
    terminal.models[SOURCE] = ObjectHead(modified=terminal.clock.now())
    kinds = {kind for name, kind in drifts(report(terminal, capsys, code=2)) if name == NAME}
    assert kinds == {"retagged", "artifact-changed", "source-changed"}


@pytest.mark.parametrize("denied", ["ListTags", "DescribeCompilationJob", "HeadObject"])
def test_what_cannot_be_read_is_said_and_is_neither_drift_nor_fine(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], denied: str
) -> None:
    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        if operation == denied:
            raise ApiError("AccessDeniedException", f"not authorized: {denied}")
        return commit()

    terminal.travel = travel
    terminal.clock.advance(DAY)
    found = report(terminal, capsys, code=1)
    assert found["drifts"] == []
    assert {each["logical_name"] for each in found["not_read"]} == {
        NAME, "resnet18/LINUX_ARM64",
    }  # fmt: skip


def test_an_older_job_that_cannot_be_read_raises_no_alarm(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(TAGGED.replace("224, 224", "224, 320"))

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        if operation == "ListTags":
            raise ApiError("AccessDeniedException", "not authorized: ListTags")
        return commit()

    terminal.travel = travel
    found = report(terminal, capsys, code=1)
    assert not found["calls_for_action"]
    assert len(found["not_read"]) == 2


def call(operation: str, *about: str, at: int = 0, who: str = "arn:aws:iam::1:user/eve") -> ApiCall:
    moment = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=at)
    return ApiCall(moment, operation, who, frozenset(about))


@pytest.mark.parametrize("names_resources", [True, False])
def test_who_did_it_and_when_is_asked_of_the_event_history(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], names_resources: bool
) -> None:
    delete(terminal)
    terminal.history.names_resources = names_resources
    terminal.history.calls = [
        call("DescribeCompilationJob", C5, at=9, who="somebody who only looked"),
        call("DeleteCompilationJob", "another-job", at=8, who="of another job"),
        call("DeleteCompilationJob", C5, at=2),
    ]
    found = report(terminal, capsys, "--who", code=2)
    assert [(each["operation"], each["who"]) for each in found["drifts"][0]["calls"]] == [
        ("DeleteCompilationJob", "arn:aws:iam::1:user/eve")
    ]
    terminal.run("drift", "fleet.yaml", "--who")
    assert (
        "DeleteCompilationJob by arn:aws:iam::1:user/eve at 2026-11-20" in capsys.readouterr().out
    )


def test_what_the_event_history_does_not_say_is_said(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    retag(terminal)
    overwrite_artifact(terminal)
    assert terminal.run("drift", "fleet.yaml", "--who") == 2
    out = capsys.readouterr().out
    assert out.count("Who did it is not in CloudTrail's event history.") == 1


def test_nobody_is_asked_about_a_fleet_at_rest_or_unless_it_is_wanted(terminal: Terminal) -> None:
    assert terminal.run("drift", "fleet.yaml", "--who") == 0
    retag(terminal)
    assert terminal.run("drift", "fleet.yaml") == 2
    assert terminal.history.lookups == []


def test_without_the_right_to_look_up_events_drift_is_still_reported(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    retag(terminal)
    terminal.history.error = Denied("AccessDenied", "not authorized: cloudtrail:LookupEvents")
    assert drifts(report(terminal, capsys, "--who", code=2)) == {(NAME, "retagged")}
    terminal.run("drift", "fleet.yaml", "--who")
    assert "cloudtrail:LookupEvents" in capsys.readouterr().err


IGNORED = """\
ignore:
  - kind: retagged
    jobs: resnet18/*
    reason: the cost team tags by hand
    until: 2023-12-31
"""


def test_drift_is_ignored_by_name_with_a_reason_until_a_day(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    retag(terminal)
    Path("ignore.yaml").write_text(IGNORED)
    found = report(terminal, capsys, "--ignore", "ignore.yaml", code=0)
    assert found["drifts"] == []
    assert found["ignored"][0]["ignored"]["reason"] == "the cost team tags by hand"
    terminal.run("drift", "fleet.yaml", "--ignore", "ignore.yaml")
    assert "Ignored until 2023-12-31: retagged of resnet18/ml_c5" in capsys.readouterr().out
    terminal.clock.advance(60 * DAY)
    found = report(terminal, capsys, "--ignore", "ignore.yaml", code=2)
    assert drifts(found) == {(NAME, "retagged")}
    assert len(found["expired"]) == 1
    terminal.run("drift", "fleet.yaml", "--ignore", "ignore.yaml")
    assert "Warning: ignored until 2023-12-31 only" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: retagged", "kind: retaged", ":2:5: unknown kind 'retaged'"),
        ("    until: 2023-12-31\n", "", ":2:5: until must be given"),
        ("2023-12-31", "soon", ":5:5: until must be a day"),
        ("reason: the cost team tags by hand", "reason: ''", ":4:5: reason must be given"),
        ("jobs:", "job:", ":3:5: unknown key 'job'. Did you mean jobs?"),
        ("ignore:", "ignored:", ":1:1: unknown key 'ignored'"),
    ],
)
def test_a_mistake_in_the_ignore_file_has_its_place(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    Path("ignore.yaml").write_text(IGNORED.replace(old, new))
    assert terminal.run("drift", "fleet.yaml", "--ignore", "ignore.yaml") == 1
    assert f"ignore.yaml{said}" in capsys.readouterr().err
    assert terminal.operations() == []


def test_a_hostile_tag_does_not_steer_the_terminal(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    c5(terminal).tags["team"] = "\x1b[2J\nall is well"
    assert terminal.run("drift", "fleet.yaml") == 2
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\nall is well" not in out


def test_every_kind_says_what_it_means_and_what_to_do() -> None:
    assert set(KINDS) == set(DriftKind)
    assert all(kind.meaning and kind.advice for kind in KINDS.values())
    assert SCHEMA["definitions"]["drift"]["properties"]["drift"]["enum"] == [*DriftKind]


def test_ownership_and_the_managers_tag_decide_whose_a_job_is(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    c5(terminal).tags[MANAGED_BY] = "somebody"
    found = report(terminal, capsys, code=2)
    assert drifts(found) == {(NAME, "conflict")}
    assert "neo:managed-by: somebody -> neo-as-code" in found["drifts"][0]["detail"]


def test_specs_of_several_places_are_reported_by_place(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    for region in ("us-east-1", "eu-west-1"):
        owner = f"owner: vision\nregion: {region}"
        write_spec(TAGGED.replace("owner: vision", owner).replace("resnet18:", f"{region}:"),
                   f"{region}.yaml")  # fmt: skip
    assert terminal.run("drift", "us-east-1.yaml", "eu-west-1.yaml", "--format", "json") == 2
    found = json.loads(capsys.readouterr().out)
    assert [each["region"] for each in found] == ["us-east-1", "eu-west-1"]
    assert [len(each["drifts"]) for each in found] == [2, 2]


def test_a_place_that_cannot_be_read_holds_up_no_other(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(TAGGED.replace("owner: vision", "owner: other\nregion: eu-west-1"), "other.yaml")
    lists = iter([False, True])

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        if operation == "ListCompilationJobs" and next(lists):
            raise ApiError("AccessDeniedException", "not authorized: List")
        return commit()

    terminal.travel = travel
    assert terminal.run("drift", "fleet.yaml", "other.yaml") == 1
    out, error = capsys.readouterr()
    assert "Drift: none, in 2 declared jobs." in out
    assert "eu-west-1: AccessDeniedException" in error
