"""Requests in the AWS CLI's form: one, a list, JSON Lines; and back to that form."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.specs.build import request_of, requests_text
from reconciler.specs.load import load
from tests.unit.rules.requests import GOOD, patched
from tests.unit.specs.fleets import FLEET, found, loaded, places

NAMED: dict[str, Any] = {"CompilationJobName": "job-1", **GOOD}
FORMS = {
    "one.json": json.dumps(NAMED, indent=2),
    "list.json": json.dumps([NAMED, {**NAMED, "CompilationJobName": "job-2"}]),
    "lines.jsonl": f"{json.dumps(NAMED)}\n\n{json.dumps(NAMED)}\n",
    "lines.json": f"{json.dumps(NAMED)}\n{json.dumps(NAMED)}\n",
    "one.yaml": yaml.safe_dump(NAMED),
    "list.yaml": yaml.safe_dump([NAMED]),
    "several.yaml": "\n---\n".join([yaml.safe_dump(NAMED)] * 2),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_back_the_request(name: str) -> None:
    result = loaded(FORMS[name], name)
    assert result.problems == []
    assert {**result.jobs[0].wire} == NAMED
    assert result.jobs[0].name == "job-1"
    assert result.jobs[0].exact_output


@pytest.mark.parametrize("form", ["json", "jsonl", "yaml"])
def test_a_request_survives_export_and_import(form: str) -> None:
    exported = requests_text([NAMED, {**NAMED, "CompilationJobName": "job-2"}], form)
    again = loaded(exported, f"again.{form}")
    assert [dict(job.wire) for job in again.jobs] == [
        NAMED,
        {**NAMED, "CompilationJobName": "job-2"},
    ]


def test_a_fleets_job_is_exported_as_it_would_be_sent() -> None:
    job = loaded(FLEET).jobs[0]
    request = request_of(job)
    name = str(job.declaration().identity)
    assert request["CompilationJobName"] == name
    assert request["OutputConfig"]["S3OutputLocation"] == f"s3://example-bucket/out/{name}/"


def test_numbers_of_yaml_are_text_where_the_api_has_text() -> None:
    text = yaml.safe_dump(NAMED).replace(
        "Framework: PYTORCH", "Framework: PYTORCH\n  FrameworkVersion: 1.10"
    )
    assert loaded(text, "a.yaml").jobs[0].wire["InputConfig"]["FrameworkVersion"] == "1.10"  # type: ignore[index]


@pytest.mark.parametrize(
    ("patch", "needle", "code"),
    [
        ({"OutputConfig": {"TargetDevice": "jetson_nan"}}, '"jetson_nan"', "NEO104"),
        ({"InputConfig": {"S3Url": "x"}}, '"S3Url"', "NEO102"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": "900"}}, '"900"', "NEO103"),
        ({"Tags": [{"Key": "aws:a", "Value": "b"}]}, '"aws:a"', "NEO531"),
        ({"RoleArn": None}, "{", "NEO101"),
    ],
)
def test_a_mistake_in_json_is_found_where_it_was_written(
    patch: dict[str, Any], needle: str, code: str
) -> None:
    text = json.dumps(patched(patch, NAMED), indent=2)
    before = text[: text.index(needle)]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    assert (code, line, column) in places(text, "a.json")


@pytest.mark.parametrize(
    ("patch", "hint"),
    [
        ({"CompilationJobName": "my_job"}, "Use hyphens instead of underscores."),
        ({"InputConfig": {"DataInputConfig": {"a": [1]}}}, "Write it as JSON in a string."),
    ],
)
def test_a_usual_mistake_in_a_request_is_answered(patch: dict[str, Any], hint: str) -> None:
    text = json.dumps(patched(patch, NAMED))
    assert hint in [item.finding.hint for item in found(text, "a.json")]


def test_a_mistake_in_the_second_line_of_json_lines_is_found_there() -> None:
    text = FORMS["lines.jsonl"].replace("\n\n", "\n").rstrip().replace("ml_c5", "ml_c9")
    assert {line for code, line, _ in places(text, "a.jsonl") if code == "NEO104"} == {1, 2}


@pytest.mark.parametrize("text", ["", "[]", "7", "null", "- 1\n", "a: b\n", "{}", "- {}\n"])
def test_what_is_no_spec_is_said_to_be_none(text: str) -> None:
    assert "NEO010" in {code for code, *_ in places(text)}


def test_a_folder_gives_all_specs_below_it_and_skips_the_rest(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a.yaml").write_text(FLEET)
    (tmp_path / "sub" / "b.json").write_text(FORMS["one.json"])
    (tmp_path / "other.yaml").write_text("services: {}\n")
    (tmp_path / "dbt.yaml").write_text("version: 2\nmodels:\n  - name: orders\n")
    (tmp_path / "chat.yaml").write_text("owner: web\nmodels: {small: {provider: acme}}\n")
    (tmp_path / "template.yaml").write_text("Resources: {A: !Ref B}\n")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "d.json").write_text(FORMS["one.json"])
    (tmp_path / ".hidden" / "c.yaml").write_text(FLEET)
    (tmp_path / "notes.txt").write_text("notes")
    result = load([tmp_path])
    assert [job.name for job in result.jobs] == [
        "resnet18/ml_c5", "resnet18/LINUX_ARM64", "job-1",
    ]  # fmt: skip
    assert [Path(name).name for name in result.skipped] == [
        "chat.yaml", "dbt.yaml", "other.yaml", "template.yaml",
    ]  # fmt: skip


def test_the_case_of_a_files_ending_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.YAML").write_text(FLEET)
    (tmp_path / "b.JSON").write_text(FORMS["one.json"])
    assert len(load([tmp_path]).jobs) == 3


def test_a_fleet_without_its_version_is_found_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(FLEET.replace("apiVersion: neo-as-code/v1\n", ""))
    assert [item.problem.finding.code for item in load([tmp_path]).problems] == ["NEO013"]


def test_a_named_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    assert [item.problem.finding.code for item in load([tmp_path]).problems] == ["NEO001"]


def test_a_broken_spec_in_a_folder_is_not_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(FLEET + "  - x")
    assert [item.problem.finding.code for item in load([tmp_path]).problems] == ["NEO004"]


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    codes = [item.problem.finding.code for item in load([tmp_path / "none.yaml"]).problems]
    assert codes == ["NEO001"]
