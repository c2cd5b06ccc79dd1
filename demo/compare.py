"""Runs a compiled artifact and the model that it came from on one input; compares the answers.

Run by the Python of the embedded AWS: `compare.py ARTIFACT.tar.gz MODEL.onnx`. Prints JSON.
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
import tvm
from tvm import relax

SEED = 7


def compiled_answer(artifact: Path, given: np.ndarray) -> tuple[np.ndarray, float]:
    """What the artifact's library answers, and the seconds of one run."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(artifact) as packed:
            packed.extractall(folder, filter="data")
        library = next(Path(folder).rglob("*.so"))
        machine = relax.VirtualMachine(tvm.runtime.load_module(str(library)), tvm.cpu())
        argument = tvm.runtime.tensor(given)
        machine["main"](argument)
        began = time.perf_counter()
        answer = machine["main"](argument)
        seconds = time.perf_counter() - began
        first = answer if hasattr(answer, "numpy") else answer[0]
        return np.array(first.numpy()), seconds


def reference_answer(model: Path, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """A random input, what onnxruntime answers to it, and the seconds of one run."""
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    item = session.get_inputs()[0]
    given = np.random.default_rng(seed).standard_normal(item.shape).astype(np.float32)
    session.run(None, {item.name: given})
    began = time.perf_counter()
    answer = session.run(None, {item.name: given})[0]
    return given, np.array(answer), time.perf_counter() - began


def compare(artifact: Path, model: Path) -> dict[str, object]:
    """Both answers in numbers."""
    given, wanted, reference_seconds = reference_answer(model, SEED)
    got, seconds = compiled_answer(artifact, given)
    flat, expected = got.ravel(), wanted.ravel()
    order = [int(index) for index in np.argsort(expected)[::-1][:3]]
    return {
        "shape": list(got.shape),
        "largest_difference": float(np.abs(flat - expected).max()),
        "largest_value": float(np.abs(expected).max()),
        "spread": float(expected.std()),
        "best": [[index, float(flat[index]), float(expected[index])] for index in order],
        "same_order": [int(index) for index in np.argsort(flat)[::-1][:3]] == order,
        "milliseconds": [seconds * 1e3, reference_seconds * 1e3],
        "close": bool(np.allclose(flat, expected, rtol=1e-3, atol=1e-5)),
    }


if __name__ == "__main__":
    print(json.dumps(compare(Path(sys.argv[1]), Path(sys.argv[2]))))
