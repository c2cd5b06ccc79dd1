"""``neoctl plan`` and ``show``: what they say, in each format, what they call, how they exit."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.cli.plans import markdown, text
from reconciler.cli.plans.choices import PlanChoices
from reconciler.cli.plans.document import (
    ActionKind,
    Basis,
    Edit,
    PlanDocument,
    PlannedAction,
    in_order,
)
from reconciler.cli.plans.files import PlanFileError, read
from reconciler.cli.plans.rendering import FORMATS, rendered
from reconciler.core.ownership import MANAGED_BY
from tests.fakes.sagemaker import Script
from tests.paths import ROOT
from tests.unit.cli.creating import create
from tests.unit.cli.planned import Terminal, actions, write_spec
from tests.unit.specs.fleets import FLEET

Answer = TypeVar("Answer")
SCHEMA = json.loads((ROOT / "docs" / "reference" / "plan.schema.json").read_text())
CHANGED = FLEET.replace("224, 224", "224, 320")
ONE = FLEET.replace("[ml_c5, LINUX/ARM64]", "[ml_c5]")
TAGGED = FLEET.replace("defaults: {", "defaults: {Tags: {team: a}, ")
READS = {"List", "Describe", "ListTags"}


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    write_spec()
    return Terminal()


def planned(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], *words: str
) -> dict[str, dict[str, object]]:
    """Return the actions of a plan in JSON, which is as its schema says."""
    assert terminal.run("plan", "fleet.yaml", "--format", "json", *words) == 0
    out = capsys.readouterr().out
    jsonschema.validate(json.loads(out), SCHEMA)
    return actions(out)


def compile_all(terminal: Terminal, spec: str = FLEET) -> None:
    """Create the jobs of a spec behind neoctl's back, as apply would, and let them end."""
    create(terminal.sagemaker, spec)
    terminal.let_all_end()
    terminal.operations()


def test_text_has_a_line_a_job_and_a_summary(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("plan", "fleet.yaml") == 0
    assert capsys.readouterr().out == (
        "vision (account 111122223333, us-east-1)\n"
        "    + create        resnet18/LINUX_ARM64 (vision-resnet18-linux-arm64-377xphb2ia6x)  "
        "declared, does not exist\n"
        "    + create        resnet18/ml_c5 (vision-resnet18-ml-c5-omhsdssni6yl)  "
        "declared, does not exist\n"
        "\n"
        "Plan: 2 to create.\n"
        "Estimate: about 6 calls; time unknown, since nothing was compiled before.\n"
        "Digest: ephncmnacgdg37zhnsaysbki7f\n"
    )


@pytest.mark.parametrize(("words", "code"), [([], 0), (["--detailed-exitcode"], 2)])
def test_changes_exit_with_2_only_where_asked(
    terminal: Terminal, words: list[str], code: int
) -> None:
    assert terminal.run("plan", "fleet.yaml", *words) == code
    compile_all(terminal)
    assert terminal.run("plan", "fleet.yaml", *words) == 0


@pytest.mark.parametrize(
    "words",
    [
        ["none.yaml"],
        ["fleet.yaml", "--no-such-option"],
        ["fleet.yaml", "--offline", "--detailed-exitcode"],
        ["fleet.yaml", "--offline", "--out", "p.json"],
        ["fleet.yaml", "--owner", "No-Owner"],
        ["fleet.yaml", "--replace", "nothing"],
        ["fleet.yaml", "--endpoint-url", "localhost:1"],
        ["fleet.yaml", "fleet.yaml"],
        ["bad.yaml"],
        ["raw.json"],
        ["fleet.yaml", "--against", "fleet.yaml"],
    ],
)
def test_what_cannot_be_planned_is_an_error(
    terminal: Terminal, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(FLEET.replace("224]}", "null]}"), "bad.yaml")
    write_spec((ROOT / "examples/specs/request.json").read_text(), "raw.json")
    assert terminal.run("plan", *words) == 1
    assert capsys.readouterr().err
    assert terminal.operations() == []


def test_a_fleet_at_rest_costs_one_list_and_changes_nothing(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compile_all(terminal)
    found = planned(terminal, capsys)
    assert {each["action"] for each in found.values()} == {"keep"}
    assert terminal.operations() == ["List"]


def test_a_plan_only_reads(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    compile_all(terminal)
    write_spec(CHANGED)
    planned(terminal, capsys, "--prune", "--refresh", "--replace", "resnet18/ml_c5")
    assert set(terminal.operations()) <= READS


def test_a_changed_declaration_replaces_and_says_which_part_of_a_field_differs(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compile_all(terminal)
    write_spec(CHANGED)
    found = planned(terminal, capsys)["resnet18/ml_c5"]
    assert found["action"] == "replace"
    assert found["previous"] == "vision-resnet18-ml-c5-omhsdssni6yl"
    assert found["edits"] == [
        {"path": "InputConfig.DataInputConfig#/input0/3", "before": "224", "after": "320"}
    ]
    terminal.run("plan", "fleet.yaml")
    assert "InputConfig.DataInputConfig#/input0/3: 224 -> 320" in capsys.readouterr().out


def test_a_live_job_of_an_older_declaration_is_stopped_and_replaced(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    create(terminal.sagemaker, ONE)
    write_spec(ONE.replace("224, 224", "224, 320"))
    assert terminal.run("plan", "fleet.yaml", "--format", "json") == 0
    found = [each["action"] for each in json.loads(capsys.readouterr().out)["actions"]]
    assert found == ["stop", "replace"]


def test_undeclared_jobs_are_left_alone_unless_pruning_is_asked_for(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compile_all(terminal)
    write_spec(ONE)
    assert set(planned(terminal, capsys)) == {"resnet18/ml_c5"}
    assert planned(terminal, capsys, "--prune")["resnet18/LINUX_ARM64"]["action"] == "delete"
    excluded = planned(terminal, capsys, "--prune", "--exclude", "*ARM64")
    assert set(excluded) == {"resnet18/ml_c5"}


def test_a_job_that_is_excluded_is_not_taken_for_undeclared(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compile_all(terminal)
    found = planned(terminal, capsys, "--prune", "--include", "*/ml_c5")
    assert {name: each["action"] for name, each in found.items()} == {"resnet18/ml_c5": "keep"}


def test_a_foreign_job_with_a_look_alike_name_is_never_pruned(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compile_all(terminal)
    terminal.sagemaker.jobs[0].tags[MANAGED_BY] = "somebody"
    write_spec(FLEET.replace("resnet18:", "resnet50:"))
    found = planned(terminal, capsys, "--prune")
    deleted = [each["job"] for each in found.values() if each["action"] == "delete"]
    assert deleted == [terminal.sagemaker.jobs[1].name]


def test_a_failed_job_is_tried_again_only_where_asked(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.sagemaker.script_of = lambda request: Script(outcome="FAILED", reason="ClientError: x")
    compile_all(terminal)
    assert planned(terminal, capsys)["resnet18/ml_c5"]["action"] == "failed"
    assert planned(terminal, capsys, "--retry-failed", "stopped")["resnet18/ml_c5"]["action"] == (
        "failed"
    )
    for words in (["--retry-failed", "input"], ["--retry-failed=all"], ["--retry-failed"]):
        retried = planned(terminal, capsys, *words)["resnet18/ml_c5"]
        assert retried["action"] == "retry"
        assert str(retried["job"]).endswith("-r1")


def test_refresh_reads_tags_settings_and_artifacts(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compile_all(terminal)
    terminal.sagemaker.jobs[0].artifact_removed = True
    write_spec(TAGGED.replace("NeoRole", "OtherRole"))
    kept = planned(terminal, capsys)
    assert {each["action"] for each in kept.values()} == {"keep"}
    assert terminal.run("plan", "fleet.yaml", "--refresh", "--format", "json", "--show", "all") == 0
    found = json.loads(capsys.readouterr().out)["actions"]
    assert [each["action"] for each in found] == ["retry", "retag"]
    assert found[1]["set_tags"] == {"team": "a"}
    assert found[1]["notes"] == ["takes effect at the next compile"]
    assert found[1]["edits"] == [
        {"path": "Tags.team", "before": "", "after": '"a"'},
        {
            "path": "RoleArn",
            "before": '"arn:aws:iam::111122223333:role/NeoRole"',
            "after": '"arn:aws:iam::111122223333:role/OtherRole"',
        },
    ]


def test_a_retag_is_one_line_with_the_tag_before_and_after(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compile_all(terminal, TAGGED)
    write_spec(TAGGED)
    for job, tags in zip(terminal.sagemaker.jobs, ({"team": "b"}, {"team": ""}), strict=True):
        job.tags.update(tags)
    assert terminal.run("plan", "fleet.yaml", "--refresh", "--show", "all") == 0
    out = capsys.readouterr().out
    assert 'Tags.team: "b" -> "a"' in out
    assert 'Tags.team: "" -> "a"' in out
    assert out.count("~ retag") == 2
    assert "= unchanged" not in out
    assert "Plan: 2 to retag.\nEstimate: about 2 calls.\n" in out


def test_a_refreshed_plan_knows_how_long_jobs_took(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compile_all(terminal)
    terminal.sagemaker.jobs[0].artifact_removed = True
    assert terminal.run("plan", "fleet.yaml", "--refresh") == 0
    out = capsys.readouterr().out
    assert "Plan: 1 to try again. 1 unchanged.\nEstimate: about 3 calls; " in out
    assert "unknown" not in out


def test_a_pattern_that_matches_no_declared_job_is_warned_of(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--include", "resnet*", "--include", "renset*", "--exclude", "*/jetson"]
    assert terminal.run("plan", "fleet.yaml", *words) == 0
    told = capsys.readouterr()
    assert "2 to create" in told.out
    assert told.err == (
        "Warning: no declared job matches 'renset*'\nWarning: no declared job matches '*/jetson'\n"
    )


def test_offline_names_every_job_and_calls_nothing(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    found = planned(terminal, capsys, "--offline")
    assert found["resnet18/ml_c5"]["job"] == "vision-resnet18-ml-c5-omhsdssni6yl"
    assert {each["action"] for each in found.values()} == {"unknown"}
    assert terminal.operations() == []


def test_a_snapshot_gives_the_same_plan_without_a_call(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.sagemaker.script_of = lambda request: Script(outcome="FAILED", reason="ClientError: x")
    compile_all(terminal)
    write_spec(CHANGED)
    first = planned(terminal, capsys, "--save-snapshot", "snapshot.json")
    terminal.operations()
    assert planned(terminal, capsys, "--against", "snapshot.json") == first
    assert terminal.operations() == []


def test_what_a_snapshot_does_not_have_is_unknown(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.sagemaker.script_of = lambda request: Script(outcome="FAILED", reason="ClientError: x")
    compile_all(terminal)
    planned(terminal, capsys, "--include", "*/ml_c5", "--save-snapshot", "snapshot.json")
    found = planned(terminal, capsys, "--against", "snapshot.json")
    assert found["resnet18/LINUX_ARM64"]["action"] == "unknown"
    assert found["resnet18/ml_c5"]["action"] == "failed"
    write_spec(FLEET.replace("owner: vision", "owner: other"))
    assert terminal.run("plan", "fleet.yaml", "--against", "snapshot.json") == 1
    assert "the jobs of other" in capsys.readouterr().err


def test_a_plan_file_shows_the_same_in_every_format(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    for output in FORMATS:
        assert terminal.run("plan", "fleet.yaml", "--out", "p.json", "--format", output) == 0
        first = capsys.readouterr().out
        assert terminal.run("show", "p.json", "--format", output) == 0
        assert capsys.readouterr().out == first


def test_the_digest_is_of_the_changes_alone(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    def digest() -> str:
        assert terminal.run("plan", "fleet.yaml", "--format", "json") == 0
        return str(json.loads(capsys.readouterr().out)["digest"])

    first = digest()
    terminal.clock.advance(1000)
    assert digest() == first
    compile_all(terminal, ONE)
    assert digest() != first


@pytest.mark.parametrize(
    "edit",
    [
        lambda plan: plan.replace("NeoRole", "OtherRole"),
        lambda plan: plan.replace('"action": "create"', '"action": "stop"'),
        lambda plan: plan.replace("us-east-1", "us-east-2"),
        lambda plan: plan.replace('"format_version": 1', '"format_version": 2'),
        lambda plan: plan.replace('"prune": false', '"prune": "false"'),
        lambda plan: plan[:-20],
        lambda plan: "[]",
        lambda plan: plan.replace('"owner": "vision"', '"owner": "x"'),
    ],
)
def test_a_plan_file_that_was_edited_is_refused(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], edit: object
) -> None:
    terminal.run("plan", "fleet.yaml", "--out", "p.json")
    file = Path("p.json")
    assert callable(edit)
    file.write_text(edit(file.read_text()))
    capsys.readouterr()
    assert terminal.run("show", "p.json") == 1
    error = capsys.readouterr().err
    assert "p.json" in error
    assert "Traceback" not in error


@pytest.mark.search
def test_ten_thousand_jobs_read_on_one_screen() -> None:
    shown = text.render(document([f"model-{n // 10:03}/target-{n}" for n in range(10_000)]))
    assert len(shown.splitlines()) < 30
    assert "Plan: 10000 to create." in shown
    assert "model-003: target-30, target-31, target-32, target-33 and 6 more" in shown
    assert "980 more models  9800 jobs" in shown
    same = text.render(document([f"m-{n // 10:03}/target-{n % 10}" for n in range(10_000)]))
    assert len(same.splitlines()) < 10
    assert (
        "m-000, m-001, m-002, m-003 and 996 more: target-0, target-1, target-2, target-3 and 6 "
        "more  10000 jobs" in same
    )
    assert "model-999/target-9999" in text.render(
        document([f"model-999/target-{n}" for n in range(10_000)]), show="all"
    )


def document(names: list[str], kind: ActionKind = ActionKind.CREATE) -> PlanDocument:
    """Return a plan that does the same about each of these jobs."""
    made = [
        PlannedAction(
            kind=kind, owner="team", job=f"team-{number}", logical_name=name, reason=name,
            edits=(Edit("RoleArn", name, name),),
        )
        for number, name in enumerate(names)
    ]  # fmt: skip
    return PlanDocument(
        account="", region="", source=Basis.ACCOUNT, made="", choices=PlanChoices(),
        actions=in_order(made),
    )  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=8), st.integers(1, 60), st.sampled_from(ActionKind))
def test_no_platform_is_given_more_than_a_comment_may_hold(
    names: list[str], times: int, kind: ActionKind
) -> None:
    many = [f"{name}{number}/{name}" for number in range(times) for name in names]
    for output in ("markdown", "github", "gitlab"):
        shown = rendered(document(many, kind), output, "all")
        assert len(shown) <= markdown.LIMIT
    assert f"{len(many)} " in rendered(document(many, kind), "markdown", "all") or not many


def test_a_comment_that_is_cut_short_says_how_much_is_missing() -> None:
    names = [f"{number}{'x' * 900}" for number in range(300)]
    for kind in (ActionKind.CREATE, ActionKind.STOP):
        shown = markdown.render(document(names, kind), show="all")
        assert len(shown) <= markdown.LIMIT
        assert "280 more models" in shown
    once = [kind for kind in ActionKind for _ in range(20)]
    made = [
        PlannedAction(
            kind=kind, owner="o", job=f"j{number}", reason="r" * 400, notes=("n" * 500,) * 2
        )
        for number, kind in enumerate(once)
    ]
    shown = markdown.render(replace(document([]), actions=in_order(made)), show="all")
    assert len(shown) <= markdown.LIMIT
    assert "more lines do not fit" in shown


def test_a_comment_names_what_ends_first_and_escapes_markup() -> None:
    hostile = "<img src=x> @team `x` ](y)"
    stop = document([hostile], ActionKind.STOP).actions
    made = document(["b"]).actions
    both = PlanDocument(
        account="", region="", source=Basis.ACCOUNT, made="", choices=PlanChoices(),
        actions=in_order((*made, *stop)),
    )  # fmt: skip
    shown = markdown.render(both)
    assert shown.index("**- stop**") < shown.index("**+ create**")
    prose = [part for part in shown.split("`")[::2] if "img" in part]
    assert all("<img" not in part and "@team" not in part for part in prose)


@pytest.mark.parametrize(
    "text",
    ["@team", "#12", "octo/repo#12", "gh-12", "see https://evil.example", "www.evil.example",
     "a@evil.example", "!12"],
)  # fmt: skip
def test_nothing_in_a_comment_becomes_a_link_or_a_mention(text: str) -> None:
    """Platforms look for both in the rendered text, where neither escapes nor entities are left."""
    rendered = re.split(r"<!-- -->", re.sub(r"\\(.)", r"\1", html.unescape(markdown.prose(text))))
    made = re.compile(r"@\w|[#!]\d|GH-\d|://|www\.", re.IGNORECASE)
    assert not any(made.search(part) for part in rendered)
    assert "".join(rendered) == text


def test_text_of_several_lines_stays_in_its_line() -> None:
    assert "\n" not in markdown.prose("a\n\n# b") + markdown.code("a\n\n# b")


def test_a_long_plan_lists_its_changes_again_at_the_end() -> None:
    shown = text.render(document([f"m/{number}" for number in range(20)])).splitlines()
    again = shown[shown.index("Changes:") + 1 :]
    assert [line.split()[2] for line in again[:20]] == sorted(f"m/{n}" for n in range(20))
    assert "Changes:" not in text.render(document(["m/1"]))


def test_gitlab_gets_the_counts_of_its_report(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compile_all(terminal)
    write_spec(ONE.replace("224, 224", "224, 320"))
    assert terminal.run("plan", "fleet.yaml", "--prune", "--format", "gitlab") == 0
    assert json.loads(capsys.readouterr().out) == {"create": 1, "update": 0, "delete": 2}


def test_an_estimate_is_what_then_happens_or_unknown(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    def estimate() -> dict[str, int | None]:
        assert terminal.run("plan", "fleet.yaml", "--format", "json") == 0
        found: dict[str, int | None] = json.loads(capsys.readouterr().out)["estimate"]
        return found

    assert estimate() == {"calls": 6, "seconds": None}
    compile_all(terminal)
    write_spec(CHANGED)
    assert terminal.run("plan", "fleet.yaml", "--save-snapshot", "snapshot.json") == 0
    capsys.readouterr()
    expected = estimate()
    assert terminal.run("plan", "fleet.yaml", "--against", "snapshot.json", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["estimate"] == expected
    made: list[str] = []

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        made.append(operation)
        return commit()

    terminal.travel = travel
    assert terminal.run("apply", "fleet.yaml", "-y", "--max-deletes", "0") == 0
    began = made.index("CreateCompilationJob")
    calls = [each for each in made[began:] if each != "ListCompilationJobs"]
    assert len(calls) == expected["calls"]
    job = terminal.sagemaker.jobs[-1]
    took = terminal.sagemaker.describe_compilation_job(job.name)
    seconds = (took["LastModifiedTime"] - took["CreationTime"]).total_seconds()
    assert expected["seconds"] is not None
    assert abs(expected["seconds"] - seconds) <= 2


def test_a_plan_never_names_a_price(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    for output in FORMATS:
        assert terminal.run("plan", "fleet.yaml", "--format", output) == 0
        out = capsys.readouterr().out.lower()
        assert not any(word in out for word in ("price", "cost", "usd", "dollar"))


def test_destroy_ends_what_is_declared_and_nothing_else(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compile_all(terminal)
    write_spec(ONE)
    found = planned(terminal, capsys, "--destroy")
    assert {name: each["action"] for name, each in found.items()} == {"resnet18/ml_c5": "delete"}
    assert terminal.run("plan", "fleet.yaml", "--destroy", "--out", "p.json") == 0
    assert terminal.run("apply", "p.json", "-y") == 0
    assert terminal.sagemaker.accepted("Delete") == ["vision-resnet18-ml-c5-omhsdssni6yl"]
    capsys.readouterr()
    assert planned(terminal, capsys, "--destroy") == {}


def test_a_plan_file_with_half_a_character_is_not_valid(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    value = {
        "kind": "neoctl-plan", "format_version": 1, "digest": "x", "made": "", "source": "account",
        "account": "\ud800", "region": "", "actions": [], "declarations": [],
        "options": {
            "include": [], "exclude": [], "prune": False, "replace": [], "refresh": False,
            "retry_failed": [],
        },
    }  # fmt: skip
    path.write_text(json.dumps(value))
    with pytest.raises(PlanFileError, match="not a valid plan"):
        read(str(path))


def test_terraforms_refresh_only_is_answered_with_what_stands_in_for_it(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("plan", "fleet.yaml", "--refresh-only") == 1
    assert "neoctl drift says what differs from the specs" in capsys.readouterr().err
