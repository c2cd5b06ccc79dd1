"""Running pnnx on a TorchScript file, as a child: it crashes on some."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neo_local.compiler.pnnx.graph import Graph, TensorType, listed, read_graph, tensor_types

NOT_INSTALLED = (
    "PYTORCH models are read by pnnx, which is not installed here. Install it (29 MB): "
    "neoctl local start --with pytorch."
)
_PROGRAM = "lib/python3*/site-packages/pnnx/pnnx"
_TRACED = re.compile(r"^get inputshape from traced inputs\ninputshape = (.*)$", re.MULTILINE)
_RAISED = re.compile(r"^(?:RuntimeError|IndexError|TypeError|ValueError): (.*)$", re.MULTILINE)
_EXAMPLES = "/traced_inputs.pkl"
_UNUSED = ("pnnxpy", "pnnxonnx", "ncnnparam", "ncnnbin", "ncnnpy")


@dataclass(frozen=True, slots=True)
class PnnxRun:
    """How one run ended.

    Attributes:
        status: Its exit status, negative for a signal.
        output: What it printed.
        traced: The example inputs that the file holds, if it holds any.
    """

    status: int
    output: str
    traced: tuple[TensorType, ...]

    @property
    def signal_name(self) -> str:
        """The signal that ended it, "" if it was none."""
        return signal.Signals(-self.status).name if self.status < 0 else ""

    @property
    def raised(self) -> str:
        """What PyTorch raised when the model was run on the inputs, "" if it raised nothing."""
        found = _RAISED.findall(self.output)
        return found[-1] if found else ""


@dataclass(frozen=True, slots=True)
class Pnnx:
    """pnnx in a folder of its own, which it fills."""

    program: Path
    folder: Path

    def run(self, model: Path, inputs: Sequence[TensorType]) -> PnnxRun:
        """Convert a file, with inputs of these types or those that it was traced with."""
        self.folder.mkdir(exist_ok=True)
        words = [f"{name}=/dev/null" for name in _UNUSED]
        words += [f"pnnxparam={self._parameters}", f"pnnxbin={self._weights}", "fp16=0"]
        words += [f"inputshape={listed(iter(inputs))}"] if inputs else []
        log = self.folder / "log"
        with log.open("wb") as output:
            done = subprocess.run(
                [str(self.program), str(model), *words],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
        text = log.read_text(errors="replace")
        print(text, flush=True)
        found = _TRACED.search(text)
        return PnnxRun(done.returncode, text, tensor_types(found[1]) if found else ())

    def without_examples(self, model: Path) -> Path:
        """Copy a file without its example inputs, other inputs than which pnnx does not take."""
        self.folder.mkdir(exist_ok=True)
        copy = self.folder / "model.pt"
        with zipfile.ZipFile(model) as archive, zipfile.ZipFile(copy, "w") as written:
            for member in archive.infolist():
                if not member.filename.endswith(_EXAMPLES):
                    entry = zipfile.ZipInfo(member.filename)
                    entry.file_size = member.file_size
                    with archive.open(member) as content, written.open(entry, "w") as to:
                        shutil.copyfileobj(content, to)
        return copy

    def graph(self) -> Graph:
        """Read what the last run left. Raises BadGraph."""
        return read_graph(self._parameters, self._weights)

    @property
    def _parameters(self) -> Path:
        return self.folder / "graph.param"

    @property
    def _weights(self) -> Path:
        return self.folder / "graph.bin"


def installed_pnnx(environment: Path | None) -> Path | None:
    """Return the program of an optional environment; None if it has none."""
    found = sorted(environment.glob(_PROGRAM)) if environment is not None else []
    return found[0] if found else None


def is_torchscript(model: Path) -> bool:
    """Return whether a file is a zip with code, as torch.jit.save writes it."""
    try:
        with zipfile.ZipFile(model) as archive:
            names = archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile):
        return False
    return any(name.endswith("/data.pkl") for name in names) and any(
        "/code/" in f"/{name}" for name in names
    )
