"""What the local engine adds to TVM: one network by hand and as jobs, one and two at a time."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from benchmarks.endpoint import ROOT
from benchmarks.measure import Case, Variant, process

PYTHON = str(ROOT / ".venv-local" / "bin" / "python")
ENVIRONMENT = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "TVM_NUM_THREADS": "1"}
DIRECT = """
import sys, onnx, tvm
from pathlib import Path
from tvm.relax.frontend.onnx import from_onnx
from neo_local.compiler.link import link
model, library, triple = Path(sys.argv[1], "shufflenet.onnx"), sys.argv[2], "x86_64-linux-gnu"
module = from_onnx(onnx.load(model), keep_params_in_input=False)
made = tvm.compile(module, target=tvm.target.Target({"kind": "llvm", "mtriple": triple}))
def linked(name, objects, options=None):
    link([Path(one) for one in objects], Path(name), triple)
linked.get_target_triple = lambda: triple
made.export_library(library, fcompile=linked)
"""
JOBS = """
import shutil, sys, threading
from pathlib import Path
from neo_local.endpoint.place import Place
from neo_local.jobs.compilation import NeoCompiler, WorkerLimits
from neo_local.jobs.control import Control
from neo_local.jobs.job import Job
class Folder:
    def fetch(self, where, to, control): shutil.copyfile(Path(sys.argv[1], "model.tar.gz"), to)
    def store(self, artifact, where, key_id, job): pass
compiler = NeoCompiler(lambda job: Folder(), Path(sys.argv[2]), WorkerLimits(), "000000000000")
def compile(number):
    request = {
        "InputConfig": {"S3Uri": "s3://models/model.tar.gz", "Framework": "ONNX"},
        "OutputConfig": {"S3OutputLocation": "s3://models/", "TargetPlatform":
                         {"Os": "LINUX", "Arch": "X86_64"}},
        "StoppingCondition": {"MaxRuntimeInSeconds": 900},
    }
    arn = Place("000000000000", "us-east-1").arn("compilation-job", f"job-{number}")
    compiler.compile(Job(f"job-{number}", arn, request, 0.0, 0.0), Control(900.0))
jobs = [threading.Thread(target=compile, args=[number]) for number in range(2)]
match sys.argv[3]:
    case "one":
        compile(0)
    case "in turn":
        for job in jobs:
            job.start()
            job.join()
    case "at once":
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
"""


@cache
def folder() -> str:
    """Make a folder with ShuffleNet, as a file and as an archive."""
    made = tempfile.TemporaryDirectory()
    atexit.register(made.cleanup)
    script = [PYTHON, "-P", str(ROOT / "demo" / "networks.py"), made.name, "shufflenet"]
    subprocess.run(script, env=ENVIRONMENT, check=True, capture_output=True)
    model = next(Path(made.name).rglob("*shufflenet*.onnx"))
    plain = model.rename(Path(made.name, "shufflenet.onnx"))
    with tarfile.open(f"{made.name}/model.tar.gz", "w:gz") as archive:
        archive.add(plain, plain.name)
    return made.name


def command(code: str, *words: str) -> Callable[[], list[str]]:
    """Return what makes the command of a variant; the network is made when it is first needed."""

    def made() -> list[str]:
        output = tempfile.mkdtemp(dir=folder())
        target = f"{output}/library.so" if code is DIRECT else output
        return [PYTHON, "-P", "-c", code, folder(), target, *words]

    return made


def used(make: Callable[[], list[str]]) -> Callable[[], float]:
    """Measure the milliseconds of processor time, of children too."""
    return lambda: process(make(), ENVIRONMENT)()


def elapsed(make: Callable[[], list[str]]) -> Callable[[], float]:
    """Measure the milliseconds until it ends.

    Raises:
        CalledProcessError: it fails.
    """

    def measure() -> float:
        words, began = make(), time.perf_counter()
        subprocess.run(words, env=ENVIRONMENT, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=sys.stderr)  # fmt: skip
        return (time.perf_counter() - began) * 1e3

    return measure


CASES = [
    Case(
        "compile-one",
        "What does a job cost against TVM called directly? (ShuffleNet, processor time)",
        "ms",
        (
            Variant("TVM called directly", used(command(DIRECT))),
            Variant("a job: sandbox, checks, compiler, artifact", used(command(JOBS, "one"))),
        ),
        {"a job: sandbox, checks, compiler, artifact": 1.2},
        rounds=5,
    ),
    Case(
        "compile-two",
        "Do two jobs at once help each other's wait? (ShuffleNet, elapsed, two cores or more)",
        "ms",
        (
            Variant("two jobs, one after another", elapsed(command(JOBS, "in turn"))),
            Variant("two jobs at once", elapsed(command(JOBS, "at once"))),
        ),
        {"two jobs at once": 0.8},
        rounds=3,
    ),
]
