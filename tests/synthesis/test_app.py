"""app.py as a user runs it: in a process of its own, with its context."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.paths import ROOT
from tests.synthesis.rendering import JOB, of_type
from tests.synthesis.scrubbed import scrubbed


def run_app(
    out: Path, context: Mapping[str, str] | None = None, validation: bool = False
) -> subprocess.CompletedProcess[str]:
    """One run of app.py with this context."""
    words = {key.replace("__", "."): value for key, value in (context or {}).items()}
    shipped = json.loads((ROOT / "cdk.json").read_text())["context"]
    environment = {
        **os.environ,
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps({**shipped, **words}),
        "CDK_VALIDATION": str(validation).lower(),
    }
    return subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip


def template(out: Path, **context: str) -> dict[str, Any]:
    ran = run_app(out, context)
    assert ran.returncode == 0, ran.stderr
    found = json.loads((out / f"{context.get('stack', 'NeoModels')}.template.json").read_text())
    assert isinstance(found, dict)
    return found


def declarations(found: dict[str, Any]) -> dict[str, Any]:
    """Declared requests by logical name."""
    read = [json.loads(r["Properties"]["Declaration"]) for r in of_type(found, JOB).values()]
    return {item["logicalName"]: item["request"] for item in read}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The app as it is in a fresh clone."""
    return template(tmp_path_factory.mktemp("app"))


def test_the_app_as_shipped(shipped: dict[str, Any], snapshot: SnapshotAssertion) -> None:
    assert scrubbed(shipped) == snapshot.use_extension(JSONSnapshotExtension)


def test_it_compiles_one_model_for_three_targets_of_different_architectures(
    shipped: dict[str, Any],
) -> None:
    assert declarations(shipped).keys() == {
        "NeoModels/TinyCnn/MlC5",
        "NeoModels/TinyCnn/LinuxArm64",
        "NeoModels/TinyCnn/LinuxArmEabihf",
    }
    assert {name for name in shipped["Outputs"] if name.startswith("TinyCnnMlC5")} == {
        "TinyCnnMlC5Artifact",
        "TinyCnnMlC5JobName",
    }


def test_models_targets_and_inputs_come_from_the_context(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for name in ("one", "two"):
        shutil.copy(ROOT / "examples/models/tiny-cnn.onnx", models / f"{name}.onnx")
        (models / f"{name}.inputs.json").write_text('{"data": [1, 3, 8, 8]}')
    found = template(
        tmp_path / "out", models=str(models), targets="ml_c5, LINUX_ARM64", stack="Edge",
        inputs__one='{"data": [1, 3, 16, 16]}', inputs__two__ml_c5='{"data": [1, 3, 32, 32]}',
        broken="true", wait="false",
    )  # fmt: skip
    inputs = {
        name: json.loads(request["InputConfig"]["DataInputConfig"])
        for name, request in declarations(found).items()
    }
    assert inputs == {
        "Edge/One/MlC5": {"data": [1, 3, 16, 16]},
        "Edge/One/LinuxArm64": {"data": [1, 3, 16, 16]},
        "Edge/Two/MlC5": {"data": [1, 3, 32, 32]},
        "Edge/Two/LinuxArm64": {"data": [1, 3, 8, 8]},
        "Edge/Broken": {"no_such_input": [1, 3, 8, 8]},
    }
    assert {job["Properties"]["Wait"] for job in of_type(found, JOB).values()} == {"false"}


def test_a_wrong_context_is_answered_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"")
    cases = {
        "no model file there": {"models": str(tmp_path / "nowhere")},
        "write the model's input shapes there": {"models": str(tmp_path)},
        "not JSON": {"inputs__tiny-cnn": "{"},
        "no architecture follows LINUX": {"targets": "LINUX_MIPS"},
        "[NeoModels/TinyCnn/MlC99] invalid compilation job": {"targets": "ml_c99"},
    }
    for message, context in cases.items():
        ran = run_app(tmp_path / "out", context)
        assert ran.returncode != 0
        assert message in ran.stderr
        assert "Traceback" not in ran.stderr, message


def test_cdks_own_validation_of_the_template_finds_nothing(tmp_path: Path) -> None:
    ran = run_app(tmp_path, validation=True)
    assert ran.returncode == 0, ran.stderr
    report = json.loads((tmp_path / "validation-report.json").read_text())
    assert report["pluginReports"] == []
