"""A fresh endpoint for each test, and the compiler's bench."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.embedded import LOCAL_PYTHON
from tests.neo_local.compiling import Bench, Models, archive_of
from tests.neo_local.service import Service, running_service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running_service(tmp_path) as running:
        yield running


@pytest.fixture
def sagemaker(service: Service) -> Any:
    """boto3's client, without retries and without its own validation of parameters."""
    return service.client()


@pytest.fixture(scope="session")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    script = Path(__file__).with_name("make_models.py")
    subprocess.run([LOCAL_PYTHON, script, folder], check=True)
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
