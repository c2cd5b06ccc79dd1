"""A new field of the API is added in two files by hand, and nothing that handles requests lacks it.

The edits below are made in a copy of the packages; what becomes of the fields there is printed by
made_up_field.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.loaders import Loader

from reconciler.specs.load import load_text
from tests.contract.project.made_up_field import PLAIN
from tests.paths import ROOT

MOST_FILES = 5


class Edit(NamedTuple):
    """Lines that are put before or after one that is there."""

    file: str
    at: str
    lines: str
    generated: bool = False


EDITS = (
    Edit(
        "reconciler/core/fields.py",
        "    Field(TAGS, ",
        """\
    Field("OutputConfig.Flavour", Role.FINGERPRINT, "flavour", "A made-up text."),
    Field(
        "InputConfig.FlavourConfig", Role.FINGERPRINT, "flavour_config", "A document.", Kind.JSON
    ),
    Field(
        "StoppingCondition.MaxFlavourInSeconds", Role.SETTING, "max_flavour", "A limit.",
        Kind.SECONDS,
    ),
""",
    ),
    Edit(
        "neo_constructs/request/job_arguments.py",
        "    framework_version: str | None\n",
        "    flavour_config: Mapping[str, Any] | str | None\n",
    ),
    Edit(
        "neo_constructs/request/job_arguments.py",
        "    compiler_options: CompilerOptions",
        "    flavour: str | None\n",
    ),
    Edit(
        "neo_constructs/request/job_arguments.py",
        "    max_wait: cdk.Duration | None\n",
        "    max_flavour: cdk.Duration | None\n",
    ),
    Edit(  # as scripts/generate_service_model.py writes it
        "reconciler/rules/_api_shapes.py",
        "'OutputConfig': {'members': {",
        "'Flavour': {'max': 9, 'min': 3, 'pattern': '[a-z]+', 'type': 'string'},\n",
        generated=True,
    ),
    Edit(
        "reconciler/rules/_api_shapes.py",
        "'CompilerOptions': 'CompilerOptions',",
        "'Flavour': 'Flavour',\n",
        generated=True,
    ),
    Edit(
        "reconciler/rules/_api_shapes.py",
        "'DataInputConfig': 'DataInputConfig',",
        "'FlavourConfig': 'DataInputConfig',\n",
        generated=True,
    ),
    Edit(
        "reconciler/rules/_api_shapes.py",
        "'MaxPendingTimeInSeconds': 'MaxPendingTimeInSeconds',",
        "'MaxFlavourInSeconds': 'MaxRuntimeInSeconds',\n",
        generated=True,
    ),
)


def edited_copy(copy: Path, edits: Iterable[Edit], *, packages: Iterable[str]) -> Path:
    """Copy packages and make the edits there."""
    for package in packages:
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for edit in edits:
        path = copy / edit.file
        text = path.read_text(encoding="utf-8")
        assert text.count(edit.at) == 1, f"{edit.file} has no single {edit.at!r}"
        path.write_text(text.replace(edit.at, edit.lines + edit.at), encoding="utf-8")
    return copy


def write_service_model(folder: Path) -> None:
    """Write botocore's model of SageMaker with the made-up fields into ``~/.aws/models``."""
    model = Loader().load_service_model("sagemaker", "service-2")
    for structure, member, shape in (
        ("OutputConfig", "Flavour", "KmsKeyId"),
        ("InputConfig", "FlavourConfig", "DataInputConfig"),
        ("StoppingCondition", "MaxFlavourInSeconds", "MaxRuntimeInSeconds"),
    ):
        model["shapes"][structure]["members"][member] = {"shape": shape}
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(model), encoding="utf-8")


def run_in(copy: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the packages of a copy."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "CDK_VALIDATION": "false", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What became of the fields in a copy of the packages that has them."""
    copy = tmp_path_factory.mktemp("edited")
    edited_copy(copy, EDITS, packages=("reconciler", "neo_constructs"))
    ran = run_in(copy, str(Path(__file__).with_name("made_up_field.py")))
    assert ran.returncode == 0, ran.stderr[-4000:]
    return json.loads(ran.stdout)


def test_a_field_is_added_in_few_files() -> None:
    assert len({edit.file for edit in EDITS if not edit.generated}) <= MOST_FILES


def test_a_fleet_file_sets_it_in_the_request(found: Any) -> None:
    assert found["files"]["problems"] == []
    wire = found["files"]["wire"]
    assert wire["OutputConfig"]["Flavour"] == "sweet"
    assert wire["InputConfig"]["FlavourConfig"] == '{"level":[1,2]}'
    assert wire["StoppingCondition"]["MaxFlavourInSeconds"] == 120


def test_mistakes_in_it_are_found_at_their_place(found: Any) -> None:
    assert found["files"]["wrong"] == ["Flavour must be a string"]
    assert found["files"]["refused"] == [["OutputConfig.Flavour", 12, 14]] * 2


def test_editors_know_it(found: Any) -> None:
    assert {"Flavour", "FlavourConfig"} <= set(found["files"]["model keys"])
    described = found["files"]["description"]
    assert (described["description"], described["type"]) == ("A made-up text.", "string")
    assert "[a-z]+" in described["pattern"]
    assert "Flavour" in found["files"]["request keys"]


def test_it_is_in_the_identity_or_the_settings_by_its_role(found: Any) -> None:
    core = found["core"]
    assert core["round trip"]
    assert core["other text is another job"]
    assert core["same meaning is the same job"]
    assert core["a setting is no other job"]
    assert core["a setting is in the settings"]
    assert core["between jobs"] == []


def test_jobs_that_do_not_set_it_keep_their_names(found: Any) -> None:
    [job] = load_text(PLAIN, "fleet.yaml").jobs
    assert found["core"]["identity of the plain job"] == str(job.declaration().identity)


def test_what_differs_is_found_in_it(found: Any) -> None:
    assert found["core"]["diff"] == ["OutputConfig.Flavour"]
    assert found["core"]["diff by meaning"] == []


@pytest.mark.parametrize("construct", ["job", "fleet"])
def test_constructs_set_it(found: Any, construct: str) -> None:
    request = found[construct]
    assert request["OutputConfig"]["Flavour"] == "sweet"
    assert request["InputConfig"]["FlavourConfig"] == '{"level":[1,2]}'
    assert request["StoppingCondition"]["MaxFlavourInSeconds"] == 120


def test_constructs_say_what_the_argument_may_be(found: Any) -> None:
    assert "flavour is 1 (int); allowed is a text" in found["refused"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("forgotten", "finds_it"),
    [
        pytest.param("reconciler/core/fields.py", "tests/unit/core/test_fields.py", id="table"),
        pytest.param(
            "job_arguments.py",
            "tests/synthesis/test_fields.py::test_every_field_has_an_argument_that_a_job_takes",
            id="argument",
        ),
        pytest.param("docs/spec", "tests/unit/specs/test_schema.py", id="schemas"),
    ],
)
def test_what_is_forgotten_is_found(tmp_path: Path, forgotten: str, finds_it: str) -> None:
    made = [edit for edit in EDITS if forgotten not in edit.file]
    packages = ("reconciler", "neo_constructs", "tests", "docs", "benchmarks")
    copy = edited_copy(tmp_path / "copy", made, packages=packages)
    shutil.copy(ROOT / "pyproject.toml", copy)
    write_service_model(tmp_path / ".aws" / "models" / "sagemaker" / "2017-07-24")
    pytest_of_one_file = ("-m", "pytest", "-q", "-p", "no:cacheprovider", finds_it)
    ran = run_in(copy, *pytest_of_one_file, HOME=str(tmp_path))
    assert ran.returncode == 1, ran.stdout
    assert "lavour" in ran.stdout
