"""Networks that frameworks publish, with random weights: compiled, run and compared."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.embedded.compiler.test_verify_run import verified
from tests.embedded.optional import needs_environment
from tests.paths import ROOT
from tests.unit.neo_local.compiling import LINUX_X86_64, Bench, packed_file

pytestmark = [pytest.mark.compiles, pytest.mark.long, needs_environment("tensorflow")]
KERAS = (
    "MobileNetV2", "MobileNetV2.keras2", "EfficientNetB0", "InceptionV3", "DenseNet121",
    "ResNet50", "ResNet50.keras2", "NASNetMobile", "Xception", "EfficientNetV2B0",
)  # fmt: skip
TFLITE = ("float", "float16", "int8")


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("networks")


def made(folder: Path, name: str) -> Path:
    """Return a file that holds a network, by the name of the file."""
    script = Path(__file__).with_name("make_public_networks.py")
    python = ROOT / ".venv-tensorflow" / "bin" / "python"
    subprocess.run([python, "-W", "ignore", script, folder / name], check=True)
    return folder / name


def first_input(file: Path) -> tuple[str, list[int]]:
    """Return the name and the shape of a Keras file's input, its channels first."""
    code = """
import h5py, json, sys
with h5py.File(sys.argv[1]) as file:
    config = json.loads(file.attrs["model_config"])["config"]
layer = config["layers"][0]
shape = layer["config"].get("batch_shape") or layer["config"]["batch_input_shape"]
print(json.dumps([layer["name"], [1, shape[3], *shape[1:3]]]))
"""
    python = ROOT / ".venv-tensorflow" / "bin" / "python"
    done = subprocess.run([python, "-c", code, file], capture_output=True, text=True, check=True)
    name, shape = json.loads(done.stdout)
    return name, shape


@pytest.mark.parametrize("name", [*(f"{one}.h5" for one in KERAS),
                                  *(f"MobileNetV2.{one}.tflite" for one in TFLITE)])  # fmt: skip
def test_a_network_answers_as_its_framework(
    bench: Bench,
    networks: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    file = made(networks, name)
    source = {"Framework": "KERAS" if file.suffix == ".h5" else "TFLITE"}
    if file.suffix == ".h5":
        source["DataInputConfig"] = json.dumps(dict([first_input(file)]))
    archive = packed_file(file)
    artifact = bench.compile(archive, source, LINUX_X86_64)
    monkeypatch.chdir(tmp_path)
    Path("model.tar.gz").write_bytes(archive)
    Path("artifact.tar.gz").write_bytes(artifact.content)
    code, report = verified(capsys, "artifact.tar.gz", "--ignore", "NEO913")
    assert (code, report["findings"]) == (0, [])
    assert report["artifacts"][0]["run"]["outputs"][0]["largest"] > 0.0


def test_dynamic_range_quantisation_is_a_limit_of_the_engine(bench: Bench, networks: Path) -> None:
    file = made(networks, "MobileNetV2.dynamic.tflite")
    reason = bench.reason(packed_file(file), source={"Framework": "TFLITE"})
    assert reason.startswith("ClientError: Limit of the local engine (engine=neo_local)")
    assert "dynamic range quantization" in reason
