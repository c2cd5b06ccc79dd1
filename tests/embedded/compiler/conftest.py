"""Models to compile, and a bench to compile them on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.embedded.aws import LOCAL_PYTHON
from tests.paths import ROOT
from tests.unit.neo_local.compiling import Bench, Models, archive_of


@pytest.fixture(scope="session")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    script = Path(__file__).with_name("make_models.py")
    subprocess.run([LOCAL_PYTHON, script, folder], check=True)
    return folder


@pytest.fixture(scope="session")
def tensorflow_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models by TensorFlow, with its answers."""
    folder = tmp_path_factory.mktemp("tensorflow")
    python = ROOT / ".venv-tensorflow" / "bin" / "python"
    script = Path(__file__).with_name("make_tensorflow.py")
    subprocess.run([python, "-W", "ignore", script, folder], check=True)
    return folder


@pytest.fixture
def packed(model_files: Path) -> Models:
    """An archive of a model by its name, with other files beside it."""

    def pack(name: str, *others: str, at: str = "model.onnx") -> bytes:
        files = {at: (model_files / f"{name}.onnx").read_bytes()}
        files |= {other: (model_files / other).read_bytes() for other in others}
        return archive_of(files)

    return pack


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, str(LOCAL_PYTHON))
