"""Real compilations by Apache TVM, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from neo_local.compiler.targets import DEVICES, resolve
from tests.embedded.aws import LOCAL_PYTHON
from tests.paths import ROOT
from tests.unit.neo_local.compiling import LINUX_X86_64, Artifact, Bench, Models

pytestmark = pytest.mark.compiles


def run(artifact: Artifact, folder: Path, arrays: str) -> str:
    """Run the artifact on `arrays`, a Python expression; what main prints of the outputs."""
    (folder / "artifact.tar.gz").write_bytes(artifact.content)
    code = (
        "import sys, numpy as np; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "from neo_local.run_artifact import run;"
        f"out = run(Path('artifact.tar.gz'), {arrays});"
        "print({k: (str(v.dtype), v.shape, round(float(abs(v).sum()), 3)) for k, v in out.items()})"
    )
    command: list[str | Path] = [LOCAL_PYTHON, "-I", "-c", code, str(ROOT)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_an_artifact_is_laid_out_as_neo_lays_it_out_and_runs(
    bench: Bench, packed: Models, tmp_path: Path
) -> None:
    artifact = bench.compile(packed("dense"), {"DataInputConfig": '{"x": [1, 8]}'}, LINUX_X86_64)
    assert artifact.compiled.artifact == "s3://models/out/model-LINUX_X86_64.tar.gz"
    assert sorted(artifact.members()) == ["compiled.so", "manifest/compiled.meta"]
    assert artifact.architecture() == "x86_64"
    manifest = artifact.manifest()
    assert manifest["engine"] == "neo_local"
    assert manifest["Model"] == {
        "Inputs": [{"name": "x", "dtype": "float32", "shape": [1, 8]}],
        "Outputs": [{"name": "y", "dtype": "float32", "shape": [1, 4]}],
    }
    answer = run(artifact, tmp_path, "{'x': np.ones((1, 8), np.float32)}")
    assert answer == "{'y': ('float32', (1, 4), 1.0)}"  # a softmax sums to one
    assert artifact.compiled.derived_inputs == ""


@pytest.mark.long
def test_the_same_input_gives_the_same_artifact(bench: Bench, packed: Models) -> None:
    first, second = (bench.compile(packed("dense"), {}, LINUX_X86_64) for _ in range(2))
    assert first.compiled.digest == second.compiled.digest
    assert len(first.compiled.digest) == 128  # BLAKE2b
    assert first.content == second.content


@pytest.mark.long
def test_inputs_are_derived_from_a_static_model(bench: Bench, packed: Models) -> None:
    artifact = bench.compile(packed("two_inputs"), {}, LINUX_X86_64)
    assert artifact.compiled.derived_inputs == '{"input.1": [3, 4], "ids/0": [3]}'


@pytest.mark.long
def test_inputs_may_be_several_and_of_any_name_and_type(
    bench: Bench, packed: Models, tmp_path: Path
) -> None:
    config = {"DataInputConfig": "{'ids/0': [3], 'input.1': [3, 4]}"}  # as AWS's examples quote
    artifact = bench.compile(packed("two_inputs"), config, LINUX_X86_64)
    arrays = "{'input.1': np.ones((3, 4), np.float32), 'ids/0': np.array([0, 1, 4])}"
    answer = run(artifact, tmp_path, arrays)
    assert "'sum': ('float32', (3, 4)," in answer
    assert "'negated': ('float32', (3, 4)," in answer
    wrong = run(artifact, tmp_path, "{'ids/0': np.array([0, 1, 4])}")
    assert "the model's inputs are ['ids/0', 'input.1'], given are ['ids/0']" in wrong


@pytest.mark.parametrize("batch", [pytest.param(1, marks=pytest.mark.long), 7])
def test_a_dynamic_dimension_takes_the_size_that_is_asked_for(
    bench: Bench, packed: Models, tmp_path: Path, batch: int
) -> None:
    config = {"DataInputConfig": f'{{"x": [{batch}, 8]}}'}
    artifact = bench.compile(packed("dynamic"), config, LINUX_X86_64)
    answer = run(artifact, tmp_path, f"{{'x': np.ones(({batch}, 8), np.float32)}}")
    assert answer == f"{{'y': ('float32', ({batch}, 4), {float(batch)})}}"


@pytest.mark.parametrize(
    ("output", "architecture", "label"),
    [
        ({"TargetDevice": "ml_c6g"}, "aarch64", "ml_c6g"),
        pytest.param({"TargetDevice": "rasp3b"}, "arm", "rasp3b", marks=pytest.mark.long),
        pytest.param(
            {"TargetDevice": "x86_win64"}, "x86_64 (Windows)", "x86_win64", marks=pytest.mark.long
        ),
        pytest.param(
            {"TargetPlatform": {"Os": "ANDROID", "Arch": "X86"}},
            "x86",
            "ANDROID_X86",
            marks=pytest.mark.long,
        ),
        pytest.param(
            {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM_EABI"}},
            "arm",
            "LINUX_ARM_EABI",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_library_is_for_the_architecture_asked_for(
    bench: Bench, packed: Models, output: dict[str, Any], architecture: str, label: str
) -> None:
    artifact = bench.compile(packed("dense"), {}, output)
    assert artifact.architecture() == architecture
    assert artifact.compiled.artifact.endswith(f"/model-{label}.tar.gz")


@pytest.mark.long
@pytest.mark.parametrize("device", sorted(DEVICES))
def test_every_device_is_compiled_for_or_named_as_a_limit(
    bench: Bench, packed: Models, device: str
) -> None:
    output = {"TargetDevice": device}
    if resolve(output, {}).limit:
        assert "Limit of the local engine" in bench.reason(packed("dense"), output=output)
    else:
        assert bench.compile(packed("dense"), {}, output).content


@pytest.mark.long
def test_compiler_options_reach_the_code_generator(bench: Bench, packed: Models) -> None:
    options = {"CompilerOptions": '{"mcpu": "core-avx2", "dtype": "float16", "a-b": 1}'}
    artifact = bench.compile(packed("dense"), {}, {**LINUX_X86_64, **options})
    assert artifact.manifest()["Compilation"]["Cpu"] == "core-avx2"
    assert artifact.manifest()["Compilation"]["IgnoredOptions"] == ["a-b", "dtype"]
    log = (bench.folder / "logs" / "us-east-1" / "job.log").read_text()
    assert "CompilerOptions that the local engine (engine=neo_local) ignores: a-b dtype" in log
    plain = bench.compile(packed("dense"), {}, LINUX_X86_64)
    assert artifact.members()["compiled.so"] != plain.members()["compiled.so"]


@pytest.mark.long
def test_weights_beside_the_model_are_read(bench: Bench, packed: Models, tmp_path: Path) -> None:
    artifact = bench.compile(packed("external", "weights.bin"), {}, LINUX_X86_64)
    inside = bench.compile(packed("dense"), {}, LINUX_X86_64)
    assert artifact.members()["compiled.so"] == inside.members()["compiled.so"]


@pytest.mark.long
def test_only_artifacts_of_this_machine_run_on_it(
    bench: Bench, packed: Models, tmp_path: Path
) -> None:
    artifact = bench.compile(packed("dense"), {}, {"TargetDevice": "rasp3b"})
    answer = run(artifact, tmp_path, "{'x': np.ones((1, 8), np.float32)}")
    assert "is compiled for arm; this machine is" in answer


@pytest.mark.long
def test_run_artifact_is_a_program(bench: Bench, packed: Models, tmp_path: Path) -> None:
    artifact = bench.compile(packed("dense"), {}, LINUX_X86_64)
    (tmp_path / "a.tar.gz").write_bytes(artifact.content)
    make = "import numpy as np; np.savez('in.npz', x=np.ones((1, 8), np.float32))"
    subprocess.run([LOCAL_PYTHON, "-c", make], cwd=tmp_path, check=True)
    environment: Mapping[str, str] = {"PYTHONPATH": str(ROOT)}
    arguments = ["a.tar.gz", "--inputs", "in.npz", "--outputs", "out.npz"]
    program: list[str | Path] = [LOCAL_PYTHON, "-m", "neo_local.run_artifact"]
    done = subprocess.run([*program, *arguments], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0
    assert (tmp_path / "out.npz").exists()
    (tmp_path / "a.tar.gz").write_bytes(b"no archive")
    failed = subprocess.run(
        [*program, *arguments],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert failed.returncode == 1
    assert "is no artifact of the local engine" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_this_suite_runs_without_the_compiler_installed() -> None:
    assert "tvm" not in sys.modules
