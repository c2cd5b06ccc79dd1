"""A model of every framework, compiled for this machine, ARM64 and 32-bit ARM, run and compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.compiler.test_verify_run import verified
from tests.embedded.optional import needs_emulator, needs_environment
from tests.paths import ROOT
from tests.unit.neo_local.compiling import LINUX_X86_64, Bench, Models, archive_of, packed_file

REAL_MODELS = ROOT / "tests/unit/inspection/models"
TRACED = Path(__file__).parent / "pytorch" / "squeezenet.pth"
pytestmark = pytest.mark.compiles
TARGETS: dict[str, Any] = {
    "x86_64": LINUX_X86_64,
    "aarch64": {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}},
    "arm": {"TargetDevice": "rasp3b"},
}
MARKS: dict[str, Any] = {
    "aarch64": needs_emulator("aarch64"),
    "arm": needs_emulator("arm"),
    "KERAS": needs_environment("tensorflow"),
    "PYTORCH": needs_environment("pytorch"),
    "TENSORFLOW": needs_environment("tensorflow"),
}
# The framework -> its runtime, and the request's shapes.
FRAMEWORKS: dict[str, tuple[str, Any]] = {
    "KERAS": ("TensorFlow ", {"image": [1, 3, 24, 20]}),
    "ONNX": ("onnxruntime ", None),
    "PYTORCH": ("PyTorch by pnnx", None),
    "TENSORFLOW": ("TensorFlow ", {"a_scale": [2, 4], "z_image": [2, 8, 8, 2]}),
    "TFLITE": ("LiteRT ", None),
    "XGBOOST": ("XGBoost ", {"data": [5, 5]}),
}
EVERYDAY = {("PYTORCH", "x86_64"), ("PYTORCH", "arm")}


@pytest.fixture
def archive(request: pytest.FixtureRequest, packed: Models, framework: str) -> bytes:
    """The archive of a small model of the framework."""

    def made() -> Path:
        models: Path = request.getfixturevalue("tensorflow_models")
        return models

    match framework:
        case "KERAS":
            return packed_file(made() / "mobile3.h5")
        case "TENSORFLOW":
            return packed_file(made() / "service")
        case "ONNX":
            return packed("mathematics")
        case "PYTORCH":
            return archive_of({"model.pth": TRACED.read_bytes()})
        case "TFLITE":
            return packed_file(REAL_MODELS / "tflite_quantized.tflite")
        case _:
            return packed_file(REAL_MODELS / "xgboost_1_3_3.json")


@pytest.mark.parametrize(
    ("framework", "machine"),
    [
        pytest.param(
            framework,
            machine,
            marks=[
                *(MARKS[one] for one in (framework, machine) if one in MARKS),
                *(() if (framework, machine) in EVERYDAY else (pytest.mark.long,)),
            ],
        )
        for framework in FRAMEWORKS
        for machine in TARGETS
    ],
)
def test_an_artifact_answers_as_its_models_own_runtime(
    bench: Bench,
    archive: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    framework: str,
    machine: str,
) -> None:
    runtime, shapes = FRAMEWORKS[framework]
    source = {"Framework": framework}
    source |= {"DataInputConfig": json.dumps(shapes)} if shapes else {}
    artifact = bench.compile(archive, source, TARGETS[machine])
    monkeypatch.chdir(tmp_path)
    Path("model.tar.gz").write_bytes(archive)
    Path("artifact.tar.gz").write_bytes(artifact.content)
    code, report = verified(capsys, "artifact.tar.gz", "--ignore", "NEO913")
    assert (code, report["findings"]) == (0, [])
    run = report["artifacts"][0]["run"]
    assert run["reference"].startswith(runtime)
    assert run["emulator"] == ("" if machine == "x86_64" else f"qemu-{machine}")
    assert all(one["largest"] > 0.0 for one in run["outputs"])
