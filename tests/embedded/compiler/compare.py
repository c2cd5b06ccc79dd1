"""Prints how far an artifact's answers are from those of the framework's own runtime.

python compare.py ROOT FRAMEWORK MODEL ARTIFACT MISSING: inputs are random, and of their numbers
a share of MISSING is NaN. Run by the Python that has the compiler.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np


def main(root: str, framework: str, model: str, artifact: str, missing: float) -> None:
    sys.path.append(root)
    from neo_local.references import reference_outputs
    from neo_local.run_artifact import read_artifact, run

    random = np.random.default_rng(7)
    inputs = {}
    for one in read_artifact(Path(artifact))[0]["Model"]["Inputs"]:
        kind, shape = np.dtype(one["dtype"]), one["shape"]
        if np.issubdtype(kind, np.integer):
            limits = np.iinfo(kind)
            array = random.integers(max(limits.min, -128), min(limits.max, 255), shape)
        else:
            array = random.standard_normal(shape)
            array[random.random(shape) < missing] = np.nan
        inputs[one["name"]] = array.astype(kind)
    expected = reference_outputs(framework, Path(model), inputs)
    made = run(Path(artifact), inputs)
    pairs = zip(expected, made.values(), strict=True)
    largest = [float(np.abs(a.astype(float) - b.astype(float)).max()) for a, b in pairs]
    print(json.dumps({"difference": max(largest), "shapes": [list(a.shape) for a in expected]}))


if __name__ == "__main__":
    root, framework, model, artifact, missing = sys.argv[1:]
    main(root, framework, model, artifact, float(missing))
