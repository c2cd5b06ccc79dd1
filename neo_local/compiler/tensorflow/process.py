"""TensorFlow in a child of the job's process, by the Python of its own environment."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from neo_local.compiler.failure import CompileFailure, local_limit
from neo_local.compiler.layout import model_file
from neo_local.compiler.model import ModelSource
from neo_local.compiler.tensorflow import convert as convert_child
from neo_local.compiler.tensorflow.convert import ANSWER, CONVERTED, ORDER

_PACKAGES = Path(__file__).absolute().parents[3]
_RUN = (
    "import sys; sys.path.append(sys.argv[1]); from pathlib import Path; "
    "from importlib import import_module; import_module(sys.argv[2]).main(Path(sys.argv[3]))"
)
INSTALL = "Install it (2.2 GB): neoctl local start --with tensorflow."


@dataclass(frozen=True, slots=True)
class ConvertedModel:
    """A TFLite file of fixed shapes, and the model's names in the file's order."""

    file: Path
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    derived_inputs: str


def convert(source: ModelSource) -> ConvertedModel:
    """Convert a model. Raises CompileFailure."""
    if source.environment is None:
        raise local_limit(
            f"{source.framework} models are converted by TensorFlow, which is not installed here. "
            f"{INSTALL}"
        )
    folder = source.workspace / "tensorflow"
    model = model_file(source.framework, source.files)
    config = source.data_input_config
    order = {"framework": source.framework, "model": str(model), "config": config}
    folder.mkdir()
    answer = run_child(source.environment, convert_child, folder, order)
    inputs, outputs = tuple(answer["inputs"]), tuple(answer["outputs"])
    return ConvertedModel(folder / CONVERTED, inputs, outputs, answer["derived"])


def run_child(
    environment: Path, program: ModuleType, folder: Path, order: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Run a module's main() on a folder with its order.json; return what it writes as answer.json.

    Raises CompileFailure with the answer's ``failure``, or if there is no answer.
    """
    (folder / ORDER).write_text(json.dumps(order))
    python = environment / "bin" / "python"
    command = [str(python), "-I", "-B", "-c", _RUN, str(_PACKAGES), program.__name__, str(folder)]
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, check=False)
    try:
        answer: Mapping[str, Any] = json.loads((folder / ANSWER).read_text())
    except (OSError, ValueError):
        raise local_limit(
            f"TensorFlow, which reads the model here, ended early ({_how(done.returncode)})."
        ) from None
    if "failure" in answer:
        raise CompileFailure(answer["failure"])
    return answer


def _how(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"
