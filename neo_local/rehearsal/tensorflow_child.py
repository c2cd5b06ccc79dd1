"""The child that TensorFlow runs in: a model's answers to given inputs.

Its folder holds order.json and inputs.npz; answer.json and outputs.npz are left there. Arrays have
no names in these files but their places, since a model's names may be any.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neo_local.compiler.failure import CompileFailure
from neo_local.compiler.tensorflow.convert import ANSWER, ORDER, VARIABLES, load_model

INPUTS, OUTPUTS = "inputs.npz", "outputs.npz"


def main(folder: Path) -> None:
    """Answer the inputs in `folder`, or write why it failed."""
    os.environ |= VARIABLES
    order = json.loads((folder / ORDER).read_text())
    try:
        answer: Mapping[str, Any] = {"runtime": _run(order, folder)}
    except CompileFailure as failure:
        answer = {"failure": str(failure)}
    except Exception as problem:
        lines = str(problem).strip().splitlines() or [""]
        why = f"{type(problem).__name__}: {lines[0][:300]}"
        answer = {"failure": f"TensorFlow cannot run the model ({why})"}
    (folder / ANSWER).write_text(json.dumps(answer))


def _run(order: Mapping[str, Any], folder: Path) -> str:
    """Write the model's outputs; return what ran it. Raises what TensorFlow raises."""
    import numpy
    import tensorflow

    model = load_model(order["framework"], Path(order["model"]))
    with numpy.load(folder / INPUTS, allow_pickle=False) as stored:
        places = [order["names"].index(one.name) for one in model.inputs]
        given = [tensorflow.constant(stored[f"arr_{place}"]) for place in places]
    traced = tensorflow.function(lambda *tensors: list(model.call(tensors)), autograph=False)
    numpy.savez(folder / OUTPUTS, *(one.numpy() for one in traced(*given)))
    return f"TensorFlow {tensorflow.__version__}"
