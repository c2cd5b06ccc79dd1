"""The runner, which an emulator runs for artifacts of other architectures.

On this machine's own architecture it needs no emulator; what it answers there is compared with what
the artifact answers when the system loads it.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.aws import LOCAL_PYTHON
from tests.embedded.compiler.test_frameworks import REAL_MODELS, compiled
from tests.embedded.compiler.test_verify_run import verified
from tests.embedded.optional import needs_emulator
from tests.paths import ROOT
from tests.unit.neo_local.compiling import LINUX_X86_64, Artifact, Bench, Models

pytestmark = pytest.mark.compiles
HARD_FLOAT = 0x400
PLATFORMS: dict[str, Any] = {
    "arm64": {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}},
    "armhf": {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM_EABIHF"}},
    "armel": {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM_EABI"}},
    "android": {"TargetPlatform": {"Os": "ANDROID", "Arch": "ARM_EABI"}},
}


def apart(artifact: Artifact, folder: Path, **variables: str) -> float:
    """Return the largest difference between the runner's answers and the system's."""
    (folder / "artifact.tar.gz").write_bytes(artifact.content)
    script = Path(__file__).with_name("run_twice.py")
    command = [LOCAL_PYTHON, script, folder / "artifact.tar.gz"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | variables | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def test_kernels_answer_as_when_the_system_loads_them(
    bench: Bench, packed: Models, tmp_path: Path
) -> None:
    artifact = bench.compile(packed("two_inputs"), {}, LINUX_X86_64)
    assert apart(artifact, tmp_path) == 0.0
    nowhere = {"XDG_CACHE_HOME": os.devnull}  # the runner cannot be kept, and is compiled anew
    assert apart(artifact, tmp_path, **nowhere) == 0.0


def test_mathematical_functions_answer_as_the_systems(
    bench: Bench, packed: Models, tmp_path: Path
) -> None:
    artifact = bench.compile(packed("mathematics"), {}, LINUX_X86_64)
    assert apart(artifact, tmp_path) <= 1e-5


def test_trees_answer_as_when_the_system_loads_them(bench: Bench, tmp_path: Path) -> None:
    model = REAL_MODELS / "xgboost_1_3_3.model"
    assert apart(compiled(bench, "XGBOOST", model, '{"data": [5, 5]}'), tmp_path) <= 1e-7


@pytest.mark.parametrize(("platform", "hard"), [("armhf", True), ("armel", False)])
def test_code_for_32_bit_arm_has_the_float_abi_of_its_platform(
    bench: Bench, packed: Models, platform: str, hard: bool
) -> None:
    library = bench.compile(packed("dense"), {}, PLATFORMS[platform]).members()["compiled.so"]
    assert bool(int.from_bytes(library[36:40], "little") & HARD_FLOAT) is hard


@needs_emulator("arm")
@pytest.mark.parametrize(
    "platform",
    [
        pytest.param(name, marks=() if name in {"arm64", "armhf"} else pytest.mark.long)
        for name in PLATFORMS
    ],
)
def test_every_architecture_answers_as_the_models_own_runtime(
    bench: Bench,
    packed: Models,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    platform: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.tar.gz").write_bytes(packed("mathematics"))
    artifact = bench.compile(packed("mathematics"), {}, PLATFORMS[platform])
    Path("artifact.tar.gz").write_bytes(artifact.content)
    code, report = verified(capsys, "artifact.tar.gz", "--ignore", "NEO913")
    assert (code, report["findings"]) == (0, [])
    run = report["artifacts"][0]["run"]
    assert run["emulator"].startswith("qemu-")
    assert run["outputs"][0]["difference"] < 1e-3
