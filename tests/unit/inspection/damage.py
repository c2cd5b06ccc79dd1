"""Damaged archives and models: made, looked into, and measured, in a process of their own."""

from __future__ import annotations

import gzip
import io
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from reconciler.cli.model.report import as_json, as_text, finding_lines
from reconciler.cli.model.scaffold import Wishes, scaffold
from reconciler.inspection.checks.report import InspectionReport, inspect_stream
from reconciler.inspection.checks.request import check_request
from reconciler.inspection.limits import ReadBudget
from tests.paths import ROOT
from tests.unit.inspection.archives import MODELS, pack

REQUEST = {
    "InputConfig": {"Framework": "ONNX", "DataInputConfig": '{"image": [1, 3, 8, 8]}', "S3Uri": ""}
}


def files() -> list[Path]:
    return [
        path
        for path in sorted(MODELS.rglob("*"))
        if path.is_file() and not path.name.startswith("expected_")
    ]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Data with some bytes changed, cut, doubled, moved or set to what breaks parsers."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        if not out:
            return bytes(out)
        at = chance.randrange(len(out))
        match chance.randrange(6):
            case 0:
                out[at] = chance.choice((chance.randrange(256), out[at] ^ 1 << chance.randrange(8)))
            case 1:
                del out[at : at + chance.choice((1, 8, 512))]
            case 2:
                out[at:at] = out[at : at + chance.choice((1, 16, 512))]
            case 3:
                value = chance.choice((b"\xff" * 8, bytes(8), b"\x7f\xff\xff\xff", b"\x80" * 10))
                out[at : at + len(value)] = value
            case 4:
                del out[at:]
            case _:
                other = chance.randrange(len(out))
                out[at : at + 16] = out[other : other + 16]
    return bytes(out)


def use(report: InspectionReport) -> None:
    """Everything that neoctl does with a report."""
    as_json("m.tar.gz", report)
    lines = list(as_text("m.tar.gz", report))
    for finding in report.findings:
        lines += finding_lines(finding, "m.tar.gz")
    assert all(line.isprintable() for line in lines)
    check_request(REQUEST, report)
    if report.framework:
        scaffold("m.tar.gz", report, Wishes(["ml_c5", "coreml"]))


def run(count: int, seed: int) -> float:
    """Look into `count` damaged archives; the seconds of CPU time of the slowest."""
    chance = random.Random(seed)
    paths = files()
    slowest = 0.0
    for index in range(count):
        path = paths[index % len(paths)]
        damaged = mutated(path.read_bytes(), chance)
        around = {}
        if path.name.endswith("-symbol.json"):
            params = path.name.replace("-symbol.json", "-0000.params")
            around = {params: (MODELS / params).read_bytes()}
        archive = pack({path.name: damaged, **around})
        if index % 4 == 0:
            tar = mutated(gzip.decompress(pack({path.name: path.read_bytes()})), chance)
            archive = gzip.compress(tar, 1)
        elif index % 17 == 0:
            archive = mutated(archive, chance)
        started = time.process_time()
        use(inspect_stream(io.BytesIO(archive), ReadBudget(), "model.tar.gz"))
        slowest = max(slowest, time.process_time() - started)
    return slowest


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def measure(count: int, seed: int) -> tuple[float, int]:
    """CPU seconds of the slowest of `count` and growth of memory in bytes, in a fresh process."""
    words = [sys.executable, "-m", "tests.unit.inspection.damage", str(count), str(seed)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    slowest, growth = done.stdout.split()
    return float(slowest), int(growth)


def main() -> None:
    """Print what `measure` returns."""
    run(50, 1)
    before = peak()
    slowest = run(int(sys.argv[1]), int(sys.argv[2]))
    print(slowest, peak() - before)


if __name__ == "__main__":
    main()
