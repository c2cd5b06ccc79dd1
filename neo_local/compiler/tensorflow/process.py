"""Running TensorFlow's converter as a child, by the Python of its own environment."""

from __future__ import annotations

import json
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from neo_local.compiler.failure import CompileFailure, local_limit
from neo_local.compiler.layout import model_file
from neo_local.compiler.model import ModelSource
from neo_local.compiler.tensorflow.convert import ANSWER, CONVERTED, ORDER

_PACKAGES = Path(__file__).absolute().parents[3]
_RUN = (
    "import sys; sys.path.append(sys.argv[1]); from pathlib import Path; "
    "from neo_local.compiler.tensorflow.convert import main; "
    "main(Path(sys.argv[2]))"
)


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
            "Install it (2.2 GB): neoctl local start --with tensorflow."
        )
    folder = source.workspace / "tensorflow"
    folder.mkdir()
    model = model_file(source.framework, source.files)
    config = source.data_input_config
    order = {"framework": source.framework, "model": str(model), "config": config}
    (folder / ORDER).write_text(json.dumps(order))
    python = source.environment / "bin" / "python"
    command = [str(python), "-I", "-B", "-c", _RUN, str(_PACKAGES), str(folder)]
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, check=False)
    return _answered(folder, done.returncode)


def _answered(folder: Path, status: int) -> ConvertedModel:
    try:
        answer = json.loads((folder / ANSWER).read_text())
    except (OSError, ValueError):
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        raise local_limit(
            f"TensorFlow, which converts the model here, ended early ({how})."
        ) from None
    if "failure" in answer:
        raise CompileFailure(answer["failure"])
    inputs, outputs = tuple(answer["inputs"]), tuple(answer["outputs"])
    return ConvertedModel(folder / CONVERTED, inputs, outputs, answer["derived"])
