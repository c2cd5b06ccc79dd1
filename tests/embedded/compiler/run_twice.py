"""Runs an artifact in this process and in the runner's; prints how far their answers are apart.

Run by the Python that has the compiler: python run_twice.py ARTIFACT.tar.gz
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np

from neo_local.rehearsal.comparison import seeded_inputs
from neo_local.rehearsal.emulator import Machine, place_runner
from neo_local.rehearsal.remote import run_remotely
from neo_local.run_artifact import host, read_artifact, run


def main(artifact: Path) -> float:
    manifest, _ = read_artifact(artifact)
    trees = manifest["Compilation"]["Framework"] == "XGBOOST"
    inputs = seeded_inputs(manifest["Model"]["Inputs"], 7, trees=trees)
    runner = artifact.with_name("runner")
    place_runner(Machine(host()), runner)
    own, other = run(artifact, inputs), run(artifact, inputs, partial(run_remotely, [str(runner)]))
    assert own.keys() == other.keys()
    assert all(np.isfinite(array).all() for array in own.values())
    return max(float(np.abs(own[name] - other[name]).max()) for name in own)


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
