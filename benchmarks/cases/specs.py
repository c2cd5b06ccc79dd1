"""What specs cost: loaded with places, judged by all rules, fingerprinted; and one small file."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from benchmarks.measure import Case, Variant, process
from reconciler.specs.checking import check
from reconciler.specs.load import load

FRAMEWORKS = ("PYTORCH", "TENSORFLOW", "MXNET", "KERAS", "ONNX")
HEAD = """apiVersion: neo-as-code/v1
owner: vision
defaults:
  RoleArn: arn:aws:iam::111122223333:role/NeoRole
  S3OutputLocation: s3://example-bucket/out/
  Tags: {team: vision}
models:
"""
MODEL = """  model-{number}:
    S3Uri: s3://example-bucket/models/model-{number}.tar.gz
    Framework: {framework}
    DataInputConfig:
      input0: {shape}
    targets:
      - ml_c5
      - jetson_nano
"""
REQUEST = """- CompilationJobName: job-{number}
  RoleArn: arn:aws:iam::111122223333:role/NeoRole
  InputConfig:
    S3Uri: s3://example-bucket/models/model-{number}.tar.gz
    DataInputConfig: '{{"input0": {shape}}}'
    Framework: {framework}
  OutputConfig:
    S3OutputLocation: s3://example-bucket/out/{number}/
    TargetDevice: ml_c5
  StoppingCondition:
    MaxRuntimeInSeconds: 900
"""
FOLDER = tempfile.TemporaryDirectory()
atexit.register(FOLDER.cleanup)


def entry(form: str, number: int) -> str:
    """Return one model of a fleet, or one request."""
    framework = FRAMEWORKS[number % len(FRAMEWORKS)]
    shape = "[1, 224, 224, 3]" if framework == "TENSORFLOW" else "[1, 3, 224, 224]"
    return form.format(number=number, framework=framework, shape=shape)


def written(name: str, text: str) -> Path:
    """Return a spec in a file."""
    path = Path(FOLDER.name, name)
    path.write_text(text, encoding="utf-8")
    return path


def fleet(jobs: int) -> Path:
    """Return a fleet of half as many models, each for two targets."""
    models = "".join(entry(MODEL, number) for number in range(jobs // 2))
    return written(f"fleet-{jobs}.yaml", HEAD + models)


def requests(jobs: int) -> Path:
    """Return a list of requests in the AWS CLI's form."""
    return written(f"requests-{jobs}.yaml", "".join(entry(REQUEST, n) for n in range(jobs)))


def timed(work: Callable[[], object]) -> Callable[[], float]:
    """Return the milliseconds that some work takes, garbage of earlier work collected first."""

    def measure() -> float:
        gc.collect()
        began = time.perf_counter()
        work()
        return (time.perf_counter() - began) * 1e3

    return measure


def plain_load(path: Path) -> Callable[[], object]:
    """Return what PyYAML's C loader needs for the file."""
    return lambda: yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


def everything(path: Path, jobs: int) -> Callable[[], object]:
    """Load with places, judge by all rules, make fingerprints."""

    def work() -> None:
        loaded = load([path])
        check(loaded)
        identities = {job.declaration("bench").identity for job in loaded.jobs}
        assert len(identities) == jobs, len(identities)

    return work


def compared(name: str, path: Path, jobs: int) -> Case:
    """Measure everything against the plain load of the same file."""
    return Case(
        name,
        f"What do positions, all rules and fingerprints add to loading {jobs} jobs?",
        "ms",
        (
            Variant("PyYAML's C loader", timed(plain_load(path))),
            Variant("load, check, fingerprint", timed(everything(path, jobs))),
        ),
        {"load, check, fingerprint": 3.0},
    )


def cli(*arguments: str) -> Variant:
    """Run neoctl in a process of its own."""
    code = "from reconciler.cli.main import main; main()"
    return Variant(" ".join(("neoctl", *arguments[:1])), neoctl(code, *arguments))


def neoctl(code: str, *arguments: str) -> Callable[[], float]:
    """Return the milliseconds that a Python process takes."""
    environment = {"PATH": os.defpath, "HOME": FOLDER.name}
    return process([sys.executable, "-c", code, *arguments], environment)


CASES = [
    compared("specs-fleet", fleet(1000), 1000),
    compared("specs-requests", requests(1000), 1000),
    Case(
        "specs-linear",
        "Do ten times the jobs take ten times as long?",
        "ms",
        (
            Variant("1,000 jobs", timed(everything(fleet(1000), 1000))),
            Variant("10,000 jobs", timed(everything(fleet(10000), 10000))),
        ),
        {"10,000 jobs": 13.0},
        rounds=5,
    ),
    Case(
        "validate-start",
        "What does `neoctl validate` on one small file cost against bare imports?",
        "ms",
        (
            Variant("import pydantic, yaml", neoctl("import pydantic, yaml")),
            cli("validate", str(fleet(2))),
            Variant("of a request", cli("validate", str(requests(1))).measure),
        ),
        {"neoctl validate": 2.5, "of a request": 2.5},
    ),
]
