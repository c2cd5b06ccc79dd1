"""Runs a compiled artifact and the model that it came from on one input; compares the answers.

Run by the Python of the embedded AWS: `compare.py ARTIFACT.tar.gz MODEL.onnx`. Prints JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from neo_local.run_artifact import run

SEED = 7


def compiled_answer(artifact: Path, given: dict[str, np.ndarray]) -> np.ndarray:
    """Return what the artifact's library answers."""
    return np.array(next(iter(run(artifact, given).values())))


def reference_answer(
    model: Path, shapes: dict[str, list[int]]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Random inputs, and what onnxruntime answers to them."""
    random = np.random.default_rng(SEED)
    given = {
        name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()
    }
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    return given, np.array(session.run(None, given)[0])


def compare(artifact: Path, model: Path) -> dict[str, object]:
    """Both answers in numbers."""
    shapes = json.loads(model.with_suffix(".inputs.json").read_text())
    given, wanted = reference_answer(model, shapes)
    flat, expected = compiled_answer(artifact, given).ravel(), wanted.ravel()
    order = [int(index) for index in np.argsort(expected)[::-1][:3]]
    return {
        "outputs": len(flat),
        "largest_difference": float(np.abs(flat - expected).max()),
        "largest_value": float(np.abs(expected).max()),
        "spread": float(expected.std()),
        "best": [[index, float(flat[index]), float(expected[index])] for index in order],
        "same_order": [int(index) for index in np.argsort(flat)[::-1][:3]] == order,
        "close": bool(np.allclose(flat, expected, rtol=1e-3, atol=1e-5)),
    }


if __name__ == "__main__":
    print(json.dumps(compare(Path(sys.argv[1]), Path(sys.argv[2]))))
