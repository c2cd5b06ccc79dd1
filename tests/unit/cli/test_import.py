"""``neoctl import``: whatever an account has, its spec plans empty, and none of it is touched."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.core.request import JobRequest
from reconciler.specs.checking import check
from reconciler.specs.load import load_text
from tests.fakes.sagemaker import Script, Wire
from tests.unit.cli.creating import create
from tests.unit.cli.planned import Terminal, actions, write_spec
from tests.unit.core.strategies import ROLE, a_request, requests
from tests.unit.specs.fleets import FLEET

LONG = Script(running=80_000)
HOSTILE = (
    "true", "null", "1.10", "0o7", "1e3", "2026-01-01", "- a", "a: b", "#x", "'", '"', "a\tb", "é",
    " lead", "trail ", "*a", "&a", "!a", "%a", "@a", "`a", "{a}", "[a]", "~", "$${x}", "a${b}c",
    "|",
)  # fmt: skip


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return Terminal()


def add(terminal: Terminal, name: str, request: JobRequest, script: Script = Script()) -> None:  # noqa: B008
    wire: Wire = {**request.to_wire(), "CompilationJobName": name}
    terminal.sagemaker.add_job(wire, script=script, foreign=True)


def changes(terminal: Terminal) -> set[str]:
    return {"Create", "Stop", "Delete", "AddTags", "DeleteTags"} & set(terminal.operations())


def imported(terminal: Terminal, *words: str) -> str:
    assert terminal.run("import", *words, "--owner", "vision", "-o", "imported.yaml") == 0
    return Path("imported.yaml").read_text()


def plan(terminal: Terminal, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    code = terminal.run("plan", "imported.yaml", "--format", "json", *words)
    out, error = capsys.readouterr()
    assert code == 0, out + error
    return actions(out)


names = st.from_regex(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,20}", fullmatch=True)
scripts = st.sampled_from([Script(), LONG, Script(running=1)])
values = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]),
                                            max_size=12)  # fmt: skip
tagged = st.dictionaries(
    st.text("abc:/-", min_size=1, max_size=5).filter(lambda key: not key.startswith("aws:")),
    values, max_size=3,
)  # fmt: skip
dimensions = st.lists(st.integers(1, 10**19), max_size=4)
configs = st.one_of(
    st.dictionaries(st.sampled_from(["data", "x:0", "true", "1", "é", ""]), dimensions, max_size=3)
    .map(json.dumps),
    st.lists(dimensions, max_size=2).map(json.dumps),
    st.sampled_from(["{'data': [1, 3]}", '{"data": [1.5]}', '{"a": 1e-7}', "[1,3,2]", '"x"',
                     '{"d": {"shape": [1], "bias": [0.25]}}']),
)  # fmt: skip


@st.composite
def jobs(draw: st.DrawFn) -> JobRequest:
    """Draw a request as anybody may have sent it."""
    wire: Any = draw(requests).to_wire()
    wire["Tags"] = [{"Key": key, "Value": value} for key, value in draw(tagged).items()]
    if "InputConfig" in wire:
        wire["InputConfig"]["DataInputConfig"] = draw(configs)
        wire["InputConfig"]["S3Uri"] = f"s3://models/{draw(values)}/m.tar.gz"
    return JobRequest.from_wire(wire)


@pytest.mark.search
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(names, st.tuples(jobs(), scripts), min_size=1, max_size=5))
def test_what_is_imported_from_any_account_plans_empty_and_is_never_touched(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    account: dict[str, tuple[JobRequest, Script]],
) -> None:
    monkeypatch.chdir(tmp_path)
    terminal = Terminal()
    for name, (request, script) in account.items():
        add(terminal, name, request, script)
    terminal.clock.advance(1000)
    Path("imported.yaml").unlink(missing_ok=True)
    capsys.readouterr()
    assert terminal.run("import", "--prefix", "", "--owner", "vision", "-o", "imported.yaml") == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "left out" in line]
    left_out = [line.split()[2].rstrip(":") for line in lines if "it is FAILED" not in line]
    assert all(_is_allowed_to_be_left_out(account[name][0]) for name in left_out)
    terminal.operations()
    if len(lines) == len(account):
        return
    kept = plan(terminal, capsys, "--detailed-exitcode")
    assert len(kept) == len(account) - len(lines)
    assert {each["action"] for each in kept.values()} <= {"keep", "wait"}
    assert terminal.run("apply", "imported.yaml", "-y", "--prune", "--allow-empty") == 0
    assert terminal.run("destroy", "imported.yaml", "-y") == 0
    assert terminal.run("stop", "imported.yaml", "-y") == 0
    assert terminal.run("prune", "imported.yaml", "-y", "--keep-last", "0") == 0
    assert changes(terminal) == set()


def _is_allowed_to_be_left_out(request: JobRequest) -> bool:
    """Return whether the API's own patterns forbid the request: the world has no such job."""
    text = json.dumps(request.to_wire())
    loaded = load_text(json.dumps({**request.to_wire(), "CompilationJobName": "x"}), "x.json")
    codes = {item.finding.code for item in check(loaded)}
    return any(code.startswith("NEO1") for code in codes) or "${var." in text


def test_names_are_imported_in_full_with_what_they_share_said_once(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    output = {"S3OutputLocation": "s3://artifacts/neo", "TargetDevice": "ml_m5"}
    add(terminal, "resnet-c5", a_request())
    add(terminal, "resnet-m5", a_request(OutputConfig=output))
    vgg = {"S3Uri": "s3://models/vgg.tgz", "Framework": "ONNX", "DataInputConfig": '{"d": [1]}'}
    add(terminal, "Vgg", a_request(InputConfig=vgg, Tags=[{"Key": "team", "Value": "no"}]))
    terminal.clock.advance(1000)
    assert (
        imported(terminal, "resnet-c5", "resnet-m5", "Vgg")
        == f"""\
apiVersion: neo-as-code/v1
owner: vision
region: us-east-1
defaults:
  RoleArn: {ROLE}
  S3OutputLocation: s3://artifacts/neo
  StoppingCondition: {{MaxRuntimeInSeconds: 900}}
models:
  model:
    S3Uri: s3://models/resnet/model.tar.gz
    DataInputConfig:
      data: [1, 3, 224, 224]
    Framework: ONNX
    targets:
    - {{TargetDevice: ml_c5, existingJob: resnet-c5}}
    - {{TargetDevice: ml_m5, existingJob: resnet-m5}}
  vgg:
    S3Uri: s3://models/vgg.tgz
    DataInputConfig:
      d: [1]
    Framework: ONNX
    Tags:
      team: "no"
    targets:
    - {{TargetDevice: ml_c5, existingJob: Vgg}}
"""
    )
    assert terminal.run("validate", "imported.yaml") == 0
    assert set(plan(terminal, capsys)) == {"model/ml_c5", "model/ml_m5", "vgg/ml_c5"}
    offline = plan(terminal, capsys, "--offline")
    assert {each["job"] for each in offline.values()} == {"resnet-c5", "resnet-m5", "Vgg"}


def test_failed_jobs_missing_ones_and_those_of_ours_are_left_out_and_said(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    add(terminal, "broken", a_request(), Script(outcome="FAILED", reason="ClientError: no"))
    add(terminal, "good", a_request())
    create(terminal.sagemaker, FLEET)
    terminal.clock.advance(4000)
    assert terminal.run("import", "--prefix", "", "--owner", "mine") == 0
    out, error = capsys.readouterr()
    assert "left out broken: it is FAILED: there is no artifact to keep" in error
    assert "it is managed already, with the owner vision" in error
    assert out.count("existingJob") == 1
    assert terminal.run("import", "good", "nowhere", "--owner", "mine") == 1
    assert "left out nowhere: no job has this name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give names of jobs, or --prefix"),
        (["a", "--prefix", "b"], "give names of jobs, or --prefix"),
        (["a", "--owner", "Not-An-Owner"], "3 to 20 lower-case letters"),
        (["bad*name"], "is not the name of a compilation job"),
    ],
)
def test_wrong_usage_is_said(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    owner = [] if "--owner" in words else ["--owner", "vision"]
    assert terminal.run("import", *words, *owner) == 1
    assert said in capsys.readouterr().err


def test_a_job_that_became_another_is_a_conflict_with_both_values(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    add(terminal, "job", a_request())
    terminal.clock.advance(1000)
    text = imported(terminal, "job")
    Path("imported.yaml").write_text(text.replace("224, 224", "320, 320"))
    (action,) = plan(terminal, capsys).values()
    assert (action["action"], action["job"]) == ("conflict", "job")
    assert "[1, 3, 224, 224]" in action["reason"]
    assert "[1,3,320,320]" in action["reason"]
    assert terminal.run("apply", "imported.yaml", "-y") == 1
    assert changes(terminal) == set()
    assert terminal.run("drift", "imported.yaml") == 2
    terminal.sagemaker.jobs[0].deleted = terminal.clock.time
    Path("imported.yaml").write_text(text)
    (action,) = plan(terminal, capsys).values()
    assert (action["action"], action["job"]) == ("failed", "job")
    assert terminal.run("apply", "imported.yaml", "-y") == 1
    assert changes(terminal) == set()


def test_without_existing_job_the_declaration_is_compiled_anew(terminal: Terminal) -> None:
    add(terminal, "job", a_request())
    terminal.clock.advance(1000)
    text = imported(terminal, "job")
    Path("imported.yaml").write_text(text.replace(", existingJob: job", ""))
    terminal.operations()
    assert terminal.run("apply", "imported.yaml", "-y") == 0
    assert changes(terminal) == {"Create"}


def test_existing_and_managed_jobs_live_in_one_fleet(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    add(terminal, "job", a_request(), LONG)
    text = imported(terminal, "job")
    managed = "    - {TargetDevice: ml_m5}\n"
    Path("imported.yaml").write_text(text + managed)
    terminal.operations()
    assert terminal.run("apply", "imported.yaml", "-y", "--prune") == 0
    assert len(terminal.sagemaker.accepted()) == 1
    assert {each["action"] for each in plan(terminal, capsys).values()} == {"keep", "wait"}
    assert terminal.run("destroy", "imported.yaml", "-y") == 0
    assert changes(terminal) == {"Create", "Delete"}
    assert terminal.sagemaker.jobs[0].deleted is None


def test_a_document_of_a_lambda_cannot_hold_existing_jobs(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(FLEET.replace("[ml_c5, LINUX/ARM64]", "[{TargetDevice: ml_c5, existingJob: x}]"))
    assert terminal.run("build", "fleet.yaml") == 2
    assert "existingJob is for neoctl plan and apply" in capsys.readouterr().err


def test_jobs_of_ours_that_are_named_as_existing_are_spared_by_every_verb(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    create(terminal.sagemaker, FLEET)
    terminal.clock.advance(4000)
    ours = [job.name for job in terminal.sagemaker.jobs]
    text = imported(terminal, *ours)
    for name in ours:  # the same logical names as those in the jobs' tags
        assert name in text
    Path("imported.yaml").write_text(text)
    terminal.operations()
    for words in (
        ["apply", "imported.yaml", "--prune", "--allow-empty"],
        ["stop", "imported.yaml"],
        ["destroy", "imported.yaml"],
        ["prune", "imported.yaml", "--keep-last", "0"],
    ):
        assert terminal.run(*words, "-y") == 0, words
    assert terminal.run("plan", "imported.yaml", "--destroy", "--out", "plan.json") == 0
    assert terminal.run("apply", "plan.json", "-y") == 0
    assert changes(terminal) == set()
    assert terminal.run("drift", "imported.yaml") == 0
    terminal.sagemaker.jobs[0].artifact_removed = True
    assert terminal.run("drift", "imported.yaml") == 2
    assert "without existingJob it is compiled anew" in capsys.readouterr().out


def test_a_live_existing_job_is_no_drift(terminal: Terminal) -> None:
    add(terminal, "job", a_request(), LONG)
    imported(terminal, "job")
    assert terminal.run("drift", "imported.yaml") == 0


def test_a_snapshot_answers_for_existing_jobs_and_the_times_of_objects(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    add(terminal, "job", a_request())
    terminal.clock.advance(1000)
    imported(terminal, "job")
    words = ("--refresh", "--save-snapshot", "account.json")
    kept = plan(terminal, capsys, *words)
    head = next(iter(json.loads(Path("account.json").read_text())["heads"].values()))
    assert datetime.fromisoformat(head["modified"]) < terminal.clock.now()
    terminal.operations()
    assert plan(terminal, capsys, "--refresh", "--against", "account.json") == kept
    assert terminal.operations() == []
