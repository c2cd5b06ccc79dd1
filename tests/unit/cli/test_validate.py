"""``neoctl validate``: what it prints in each format, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from reconciler.cli.main import run
from tests.unit.specs.fleets import FLEET

SARIF = Path(__file__).parent / "data" / "sarif-2.1.0.json"
BAD = FLEET.replace("224]}", "null]}").replace("resnet18.tar.gz", "resnet18.pth")
WARNED = FLEET.replace("resnet18.tar.gz", "resnet18.pth")


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    path = Path("fleet.yaml")
    path.write_text(BAD)
    return path


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        (FLEET, [], 0),
        (WARNED, [], 0),
        (WARNED, ["--strict"], 1),
        (BAD, [], 1),
        (BAD, ["--ignore", "NEO304"], 0),
        (BAD, ["--select", "NEO5"], 0),
        (BAD, ["--select", "NEO5", "--strict"], 1),
        (FLEET, ["--policy", "none.yaml"], 2),
        (FLEET, ["--select", "E501"], 2),
        (FLEET, ["--select", "NEO999"], 2),
        (FLEET, ["--ignore", "invalid-dimensions"], 2),
        (BAD, ["--ignore", "invalid-dimension"], 0),
        (FLEET, ["--no-such-option"], 2),
        (FLEET, ["--var", "novalue"], 2),
        (FLEET, ["none.yaml"], 2),
        ("a: [", [], 1),
    ],
)
def test_the_exit_code_says_how_it_went(
    spec: Path, text: str, arguments: list[str], code: int
) -> None:
    spec.write_text(text)
    assert run(["validate", "fleet.yaml", *arguments]) == code


def test_without_a_path_it_could_not_run() -> None:
    assert run(["validate"]) == 2


def test_an_empty_path_is_not_the_folder() -> None:
    assert run(["validate", ""]) == 2
    assert run(["inspect", ""]) == 2


def test_a_folder_without_a_spec_could_not_be_judged(tmp_path: Path) -> None:
    assert run(["validate", str(tmp_path)]) == 2


def test_text_shows_the_line_a_caret_and_the_hint(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["validate", "fleet.yaml", "--select", "NEO304"])
    assert capsys.readouterr().out == (
        "error[NEO304 invalid-dimension] a dimension must be a positive integer: Neo "
        "compiles for fixed shapes (InputConfig.DataInputConfig#/input0/3)\n"
        " --> fleet.yaml:8:43  in resnet18/ml_c5 and 1 more\n"
        "  |\n"
        "8 |     DataInputConfig: {input0: [1, 3, 224, null]}\n"
        "  |                                           ^^^^\n"
        "  = got: null\n"
        "  = allowed: an integer >= 1\n"
        "  = help: Write the size that you will send at inference; a batch of 1 is usual.\n"
        "\n"
        "Found 1 error in 2 jobs (1 file).\n"
    )


def test_json_has_the_promised_form(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["validate", "fleet.yaml", "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    assert report["format_version"] == 1
    assert report["summary"] == {"errors": 2, "warnings": 2, "infos": 0, "jobs": 2}
    assert {tuple(finding) for finding in report["findings"]} == {
        (
            "code", "rule", "severity", "message", "got", "allowed", "hint", "file", "line",
            "column", "end_column", "other", "path", "job",
        )
    }  # fmt: skip
    first = report["findings"][0]
    assert (first["code"], first["file"], first["line"], first["column"], first["job"]) == (
        "NEO501", "fleet.yaml", 6, 12, "resnet18/ml_c5",
    )  # fmt: skip


def test_sarif_is_valid_by_its_schema(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["validate", "fleet.yaml", "--format", "sarif"])
    log = json.loads(capsys.readouterr().out)
    schema = json.loads(SARIF.read_text(encoding="utf-8"))
    assert list(jsonschema.Draft7Validator(schema).iter_errors(log)) == []
    results = log["runs"][0]["results"]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert {result["ruleId"] for result in results} == {"NEO304", "NEO501"}
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in results)
    assert "invalid-dimension" in {rule["name"] for rule in rules}
    region = results[0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 6, "startColumn": 12, "endColumn": 51}


def test_a_conflict_says_where_the_other_one_is(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = FLEET.partition("models:\n")[2].replace("resnet18:", "copy:")
    spec.write_text(FLEET + twice + "owner: other\n")
    run(["validate", "fleet.yaml", "--format", "json", "--select", "NEO005,NEO602"])
    others = [
        (finding["code"], finding["line"], finding["other"])
        for finding in json.loads(capsys.readouterr().out)["findings"]
    ]
    assert others == [
        ("NEO602", 10, {"file": "fleet.yaml", "line": 5, "column": 3}),
        ("NEO602", 10, {"file": "fleet.yaml", "line": 5, "column": 3}),
        ("NEO005", 15, {"file": "fleet.yaml", "line": 2, "column": 1}),
    ]
    run(["validate", "fleet.yaml", "--format", "sarif", "--select", "NEO005"])
    log = json.loads(capsys.readouterr().out)
    schema = json.loads(SARIF.read_text(encoding="utf-8"))
    assert list(jsonschema.Draft7Validator(schema).iter_errors(log)) == []
    related = log["runs"][0]["results"][0]["relatedLocations"][0]["physicalLocation"]
    assert related["region"] == {"startLine": 2, "startColumn": 1}
    run(["validate", "fleet.yaml", "--select", "NEO005"])
    assert " = other: fleet.yaml:2:1\n" in capsys.readouterr().out


def test_a_mistake_in_a_policy_has_its_place(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("policy.yaml").write_text("requireVpc: true\nregions: eu-west-1\nzones: []\n")
    assert run(["validate", "fleet.yaml", "--policy", "policy.yaml"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in lines[:2]] == ["policy.yaml:2:1", "policy.yaml:3:1"]


def test_github_gets_one_escaped_command_a_finding(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["validate", "fleet.yaml", "--format", "github"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("::")[1].split(",")[0] for line in lines] == [
        "warning file=fleet.yaml", "error file=fleet.yaml",
    ]  # fmt: skip
    assert "line=8,col=43,endColumn=47,title=NEO304 invalid-dimension::a dimension" in lines[1]
    assert "%0A" in lines[1]


def test_junit_is_xml_with_a_failure_for_each_error(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["validate", "fleet.yaml", "--format", "junit"])
    suites = ElementTree.fromstring(capsys.readouterr().out)
    assert (suites.get("tests"), suites.get("failures")) == ("2", "1")
    assert [failure.get("type") for failure in suites.iter("failure")] == ["NEO304"]


@pytest.mark.parametrize("format_", ["text", "github", "junit"])
def test_what_a_spec_holds_cannot_command_the_runner(
    format_: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = '"::stop-commands::x\\u001b[31m\\u202ey\\r\\n  ::error::x\\n##[error]x ##vso[x]"'
    spec.write_text(FLEET.replace("resnet18:", f"{hostile}:"))
    run(["validate", "fleet.yaml", "--format", format_])
    out = capsys.readouterr().out
    assert "stop-commands" in out
    assert all(letter.isprintable() or letter == "\n" for letter in out)
    assert "##[" not in out
    assert "##vso[" not in out
    for line in out.splitlines():
        assert not line.lstrip().startswith("::") or line.startswith(
            ("::error file=", "::warning ")
        )


def test_what_a_spec_holds_cannot_command_the_terminal(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(FLEET.replace("PYTORCH", '"\\e[31mPYTORCH\\a"'))
    run(["validate", "fleet.yaml"])
    assert "\x1b" not in capsys.readouterr().out


def test_a_policy_is_read_from_a_file(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("policy.yaml").write_text("requireVpc: true\nregions: [eu-central-1]\n")
    spec.write_text(FLEET)
    assert run(["validate", "fleet.yaml", "--policy", "policy.yaml", "--region", "us-east-1"]) == 1
    out = capsys.readouterr().out
    assert "NEO702" in out
    assert "NEO710" in out


def test_a_policy_that_is_none_could_not_be_used(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("policy.yaml").write_text("requireVpcs: true\nroles: 7\n")
    assert run(["validate", "fleet.yaml", "--policy", "policy.yaml"]) == 2
    err = capsys.readouterr().err
    assert "Did you mean requireVpc?" in err
    assert "roles: must be a list of strings, got 7" in err


def test_variables_come_from_the_command_line_a_file_and_the_environment(
    spec: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = FLEET.replace("models:", "variables: {a: null, b: null, c: null}\nmodels:")
    spec.write_text(text.replace("example-bucket/models", "${var.a}-${var.b}/${var.c}"))
    monkeypatch.setenv("NEO_VAR_a", "environment")
    monkeypatch.setenv("NEO_VAR_b", "environment")
    monkeypatch.setenv("NEO_VAR_c", "environment")
    Path("vars.yaml").write_text("b: file\nc: file\n")
    arguments = ["build", "fleet.yaml", "--format", "jsonl", "--var-file", "vars.yaml"]
    assert run([*arguments, "--var", "c=line"]) == 0
    uri = json.loads(capsys.readouterr().out.splitlines()[0])["InputConfig"]["S3Uri"]
    assert uri == "s3://environment-file/line/resnet18.tar.gz"


def test_a_fleet_with_mistakes_is_not_built(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "fleet.yaml"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "NEO304" in captured.err


def test_a_built_fleet_is_canonical(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(FLEET)
    outputs = []
    for _ in range(2):
        assert run(["build", "fleet.yaml"]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    bundle = json.loads(outputs[0])
    assert [job["logicalName"] for job in bundle["jobs"]] == [
        "resnet18/ml_c5", "resnet18/LINUX_ARM64",
    ]  # fmt: skip
    assert bundle["jobs"][0]["request"]["OutputConfig"]["TargetDevice"] == "ml_c5"


@pytest.mark.parametrize("code", ["NEO204", "neo204"])
def test_a_rule_is_explained(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", code]) == 0
    assert capsys.readouterr().out.startswith("# NEO204 unsupported-framework-version\n")


def test_an_unknown_rule_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "NEO20"]) == 1
    assert "Did you mean NEO2" in capsys.readouterr().err
