"""A traced PyTorch model's answers, by the interpreter of PyTorch that pnnx has inside.

pnnx computes whatever does not depend on a model's inputs, as PyTorch does. So a copy of the model
gets a `forward` that takes its inputs from the file's constants: then what pnnx leaves are the
model's answers to them.
"""

from __future__ import annotations

import pickletools
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from neo_local.compiler.pnnx.graph import ATTRIBUTE, Graph, TensorType
from neo_local.compiler.pnnx.process import Pnnx, is_torchscript
from neo_local.rehearsal.pickled_tensors import with_tensors

Array = Any  # numpy's, which is not there where types are checked
_RENAMED = "forward_of_inputs"
_CONSTANTS, _EXAMPLES = "constants.pkl", "traced_inputs.pkl"


class NoAnswers(Exception):
    """The model's answers were not found; the text says why."""


def answers(pnnx: Pnnx, model: Path, inputs: Sequence[Array]) -> list[Array]:
    """Return the outputs of a TorchScript file, in order. Raises NoAnswers, OSError, ValueError."""
    if not is_torchscript(model):
        raise NoAnswers("the model is no TorchScript")
    pnnx.folder.mkdir(exist_ok=True)
    copy = pnnx.folder / "with_inputs.pt"
    with_inputs(model, inputs, copy)
    run = pnnx.run(copy, [TensorType(one.shape, str(one.dtype)) for one in inputs])
    if run.status:
        why = run.raised or run.signal_name or f"exit status {run.status}"
        raise NoAnswers(f"PyTorch's interpreter in pnnx ended early ({why[:300]})")
    return _folded(pnnx.graph())


def _folded(graph: Graph) -> list[Array]:
    """Return the outputs of a graph that are constants in it. Raises NoAnswers."""
    made = {one.outputs[0]: one for one in graph.operators if one.outputs}
    outputs = [name for one in graph.operators if one.kind == "pnnx.Output" for name in one.inputs]
    parts: list[str] = []
    for name in outputs:
        parts += made[name].inputs if made[name].kind == "prim::TupleConstruct" else (name,)
    if others := sorted({made[name].kind for name in parts} - {ATTRIBUTE}):
        raise NoAnswers(f"pnnx does not compute {', '.join(others)} of constants")
    return [graph.weight(made[name], "data") for name in parts]


def with_inputs(model: Path, inputs: Sequence[Array], to: Path) -> None:
    """Copy a TorchScript file; the copy's `forward` passes these inputs on.

    Raises NoAnswers, and zipfile's errors for a damaged file.
    """
    with zipfile.ZipFile(model) as archive, zipfile.ZipFile(to, "w") as written:
        names = archive.namelist()
        prefix = next(name for name in names if name.endswith("/data.pkl")).removesuffix("data.pkl")
        known = archive.read(prefix + _CONSTANTS) if prefix + _CONSTANTS in names else b"\x80\x02)."
        keys = [f"input{index}" for index in range(len(inputs))]
        constants, first = with_tensors(known, dict(zip(keys, inputs, strict=True)))
        changed = _with_forward(archive, prefix, first, len(inputs))
        changed[prefix + _CONSTANTS] = constants
        for key, one in zip(keys, inputs, strict=True):
            changed[f"{prefix}constants/{key}"] = one.tobytes()
        for name in names:
            if name not in changed and name != prefix + _EXAMPLES:
                with archive.open(name) as content, written.open(name, "w") as copy:
                    shutil.copyfileobj(content, copy)
        for name, replaced in changed.items():
            written.writestr(name, replaced)


def _with_forward(
    archive: zipfile.ZipFile, prefix: str, first: int, count: int
) -> dict[str, bytes]:
    """Return the file of code that has the model's class, with another `forward` in it."""
    names = (text for kind, text, _ in pickletools.genops(archive.read(f"{prefix}data.pkl"))
             if kind.name == "GLOBAL")  # fmt: skip
    root = str(next(names, "")).replace(" ", ".")
    path = f"{prefix}code/{root.rpartition('.')[0].replace('.', '/')}.py"
    code = archive.read(path).decode()
    begin = f"  def forward(self: {root},"
    before, found, after = code.partition(begin)
    end = after.find(":\n", after.find(") ->"))
    if not found or end < 0:
        raise NoAnswers("the model's code has no forward() with inputs")
    given = ", ".join(f"CONSTANTS.c{first + index}" for index in range(count))
    body = f":\n    return (self).{_RENAMED}({given}, )\n"
    renamed = begin.replace("forward", _RENAMED)
    return {path: (before + begin + after[:end] + body + renamed + after).encode()}
