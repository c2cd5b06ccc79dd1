"""Compare an artifact's answers with those of the model's own runtime, in the sandbox.

    python -m neo_local.rehearsal.run_comparison ARTIFACT.tar.gz MODEL.tar.gz

Prints one JSON object: the largest difference of each output, or the reason why nothing was run.
An artifact is native code of somebody else, so without a sandbox it is not run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from neo_local.jobs.compilation import WorkerLimits
from neo_local.jobs.control import Control
from neo_local.jobs.outcome import JobTimedOut
from neo_local.jobs.process import JobProcess, why_no_sandbox
from neo_local.rehearsal import comparison

_RUN = (
    "import sys; sys.path.append(sys.argv[1]); from pathlib import Path; "
    "from neo_local.rehearsal.comparison import main; main(Path(sys.argv[2]))"
)


def compare(artifact: Path, model: Path, seed: int, timeout: float) -> dict[str, Any]:
    """Return the comparison, or a ``reason`` why there is none."""
    problem = why_no_sandbox()
    if problem:
        return {"reason": f"there is no sandbox to run it in ({problem})"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "run"
        folder.mkdir(mode=0o700)
        shutil.copyfile(artifact, folder / comparison.ARTIFACT)
        shutil.copyfile(model, folder / comparison.MODEL)
        limits = asdict(WorkerLimits()) | {"cpu_seconds": int(timeout) + 1}
        order = {"seed": seed, "limits": limits}
        (folder / comparison.ORDER).write_text(json.dumps(order))
        log = folder.parent / "log"
        try:
            status = JobProcess(code=_RUN).run(folder, log, Control(timeout))
            result: dict[str, Any] = json.loads((folder / comparison.RESULT).read_text())
        except JobTimedOut:
            return {"reason": f"it took more than {timeout:g} seconds"}
        except (OSError, ValueError):
            return {"reason": f"its process ended early, with status {status}"}
        return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison as JSON."""
    parser = argparse.ArgumentParser(prog="python -m neo_local.rehearsal.run_comparison")
    parser.add_argument("artifact", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--timeout", type=float, default=300.0)
    options = parser.parse_args(arguments)
    result = compare(options.artifact, options.model, options.seed, options.timeout)
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
