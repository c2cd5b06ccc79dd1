"""An artifact and the model that it came from on the same inputs, in a folder of their own.

The folder holds artifact.tar.gz, model.tar.gz and run.json, for an artifact of another architecture
an emulator and its runner, too; result.json is left there. Artifact and model may be hostile: run
it in the sandbox (``neo_local.rehearsal.run_comparison``).
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from neo_local.compiler.archive import ArchiveLimits, unpack
from neo_local.compiler.failure import CompileFailure
from neo_local.compiler.layout import check_layout, model_file
from neo_local.compiler.limits import confine, die_with_parent
from neo_local.rehearsal.references import NoReference, Question, reference_answers
from neo_local.rehearsal.remote import run_remotely
from neo_local.run_artifact import CannotRun, Execute, read_artifact, run, run_here

ARTIFACT, MODEL, ORDER, RESULT = "artifact.tar.gz", "model.tar.gz", "run.json", "result.json"
EMULATOR, RUNNER = "emulator", "runner"
_MISSING_SHARE = 0.05  # of the features of trees, whose models say what a missing one means
Arrays = dict[str, Any]  # numpy's, which is not there where types are checked


def main(folder: Path) -> None:
    """Compare the artifact in `folder`; write the result, or why there is none."""
    order = json.loads((folder / ORDER).read_text())
    die_with_parent()
    confine(order["limits"])
    tempfile.tempdir = str(folder)
    os.chdir(folder)
    try:
        result = _compared(folder, order)
    except CompileFailure as problem:
        result = {"reason": f"the model cannot be read: {problem}"}
    except (CannotRun, NoReference) as problem:
        result = {"reason": str(problem).replace(str(folder / ARTIFACT), "the artifact")}
    except Exception as problem:
        lines = str(problem).strip().splitlines() or [""]
        result = {"reason": f"it ended with {type(problem).__name__}: {lines[-1][:300]}"}
    (folder / RESULT).write_text(json.dumps(result))


def _compared(folder: Path, order: Mapping[str, Any]) -> dict[str, Any]:
    artifact = folder / ARTIFACT
    manifest, _ = read_artifact(artifact)
    framework = manifest["Compilation"]["Framework"]
    unpacked = folder / "model"
    unpacked.mkdir()
    files = unpack(folder / MODEL, unpacked, ArchiveLimits(order["limits"]["archive_mb"] << 20))
    check_layout(framework, files, unpacked)
    inputs = seeded_inputs(manifest["Model"]["Inputs"], order["seed"], trees=framework == "XGBOOST")
    began = time.perf_counter()
    environment = order["environments"].get(framework)
    place = Path(environment) if environment else None
    model = model_file(framework, files)
    expected = reference_answers(Question(framework, model, inputs, place, folder))
    between = time.perf_counter()
    made = run(artifact, inputs, _execute(folder) if order["emulated"] else _run_in_memory)
    ended = time.perf_counter()
    return {
        "outputs": [
            _difference(name, one, reference)
            for (name, one), reference in zip(made.items(), expected.outputs, strict=True)
        ],
        "reference": expected.runtime,
        "reference_seconds": between - began,
        "seconds": ended - between,
    }


def _run_in_memory(manifest: Mapping[str, Any], library: bytes, inputs: Sequence[Any]) -> list[Any]:
    return run_here(manifest, library, inputs, _place)


def _place(path: Path, content: bytes) -> None:
    """Place a library that can be loaded, in a folder from which nothing may be executed."""
    path.symlink_to(_in_memory(path.name, content))


def _in_memory(name: str, content: bytes) -> str:
    """Return the path of a file that is kept in memory, for this process and its children."""
    number = os.memfd_create(name, 0)
    with os.fdopen(os.dup(number), "wb") as file:
        file.write(content)
    return f"/proc/{os.getpid()}/fd/{number}"


def _execute(folder: Path) -> Execute:
    """Return what runs a library by the emulator in `folder`."""
    emulator = _in_memory(EMULATOR, (folder / EMULATOR).read_bytes())
    return partial(run_remotely, (emulator, str(folder / RUNNER)))


def seeded_inputs(declared: Sequence[Mapping[str, Any]], seed: int, *, trees: bool) -> Arrays:
    """Return random inputs, the same for the same seed; a tree's features may be missing."""
    import numpy

    random = numpy.random.default_rng(seed)
    inputs: Arrays = {}
    for one in declared:
        kind, shape = numpy.dtype(one["dtype"]), one["shape"]
        if kind.kind == "b":
            array = random.random(shape) < 0.5
        elif kind.kind in "iu":
            array = random.integers(0, min(numpy.iinfo(kind).max, 255) + 1, shape)
        else:
            array = random.standard_normal(shape)
            if trees:
                array[random.random(shape) < _MISSING_SHARE] = numpy.nan
        inputs[one["name"]] = array.astype(kind)
    return inputs


def _difference(name: str, made: Any, expected: Any) -> dict[str, Any]:  # noqa: ANN401 - arrays
    import numpy

    fields: dict[str, Any] = {"name": name, "dtype": str(made.dtype), "shapes": ""}
    if made.shape != expected.shape:
        shapes = f"{list(made.shape)} in place of {list(expected.shape)}"
        return {**fields, "shapes": shapes, "difference": None, "largest": 0.0}
    a, b = made.astype(numpy.float64), expected.astype(numpy.float64)
    same = (a == b) | (numpy.isnan(a) & numpy.isnan(b))
    apart = numpy.where(same, 0.0, numpy.abs(a - b))
    unequal = numpy.isnan(apart) | numpy.isinf(apart)
    largest = float(numpy.nanmax(numpy.abs(b), initial=0.0, where=numpy.isfinite(b)))
    worst = None if unequal.any() else float(apart.max(initial=0.0))
    return {**fields, "difference": worst, "largest": largest}
