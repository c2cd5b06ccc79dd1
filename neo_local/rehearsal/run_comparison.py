"""Compare an artifact's answers with those of the model's own runtime, in the sandbox.

    python -m neo_local.rehearsal.run_comparison ARTIFACT.tar.gz MODEL.tar.gz

Prints one JSON object: the largest difference of each output, or the reason why nothing was run.
``--machine`` is what the artifact is compiled for; qemu's user emulator runs it where that is not
this machine.
An artifact is native code of somebody else, so without a sandbox it is not run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from neo_local.environments import NEEDED, Environments, shown_for
from neo_local.jobs.compilation import WorkerLimits
from neo_local.jobs.control import Control
from neo_local.jobs.leftovers import BadAnswer, read_answer, workspace
from neo_local.jobs.outcome import JobTimedOut
from neo_local.jobs.process import JobProcess, why_no_sandbox
from neo_local.rehearsal import comparison
from neo_local.rehearsal.emulator import (
    RESERVED_MB,
    CannotEmulate,
    Machine,
    find_emulator,
    place_runner,
)
from neo_local.run_artifact import host

_CODE = (
    "import sys; sys.path.append(sys.argv[1]); from pathlib import Path; "
    "from neo_local.rehearsal.comparison import main; main(Path(sys.argv[2]))"
)


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What is run, and how.

    Attributes:
        machine: What the artifact is compiled for; emulated where it is not this machine.
        environments: Where the runtimes of some frameworks are installed.
    """

    artifact: Path
    model: Path
    machine: Machine
    seed: int
    timeout: float
    environments: Environments

    @property
    def emulated(self) -> bool:
        """Whether an emulator runs it."""
        return self.machine.name != host()

    @property
    def installed(self) -> dict[str, Path]:
        """The optional environments of frameworks, those that are installed."""
        places = {framework: self.environments.of(framework) for framework in NEEDED}
        return {framework: place for framework, place in places.items() if place}


def compare(order: RunOrder) -> dict[str, Any]:
    """Return the comparison, or a ``reason`` why there is none."""
    problem = why_no_sandbox()
    if problem:
        return {"reason": f"there is no sandbox to run it in ({problem})"}
    with workspace() as parent:
        folder = parent / "run"
        folder.mkdir(mode=0o700)
        try:
            emulator = _prepare(order, folder)
        except (CannotEmulate, OSError) as reason:
            return {"reason": str(reason)}
        return _run(order, folder) | {"emulator": emulator}


def _run(order: RunOrder, folder: Path) -> dict[str, Any]:
    """Run what is in `folder`, in the sandbox."""
    status: int | None = None
    shown = [one for place in order.installed.values() for one in shown_for(place)]
    log = folder.parent / "log"
    try:
        status = JobProcess(code=_CODE).run(folder, log, Control(order.timeout), shown)
        return read_answer(folder / comparison.RESULT)
    except JobTimedOut:
        return {"reason": f"it took more than {order.timeout:g} seconds; --timeout allows more"}
    except (BadAnswer, OSError):
        return {"reason": f"its process ended early, with status {status}"}


def _prepare(order: RunOrder, folder: Path) -> str:
    """Fill the folder of a run. Return the emulator's name; empty if none is needed."""
    emulator = find_emulator(order.machine) if order.emulated else None
    shutil.copyfile(order.artifact, folder / comparison.ARTIFACT)
    shutil.copyfile(order.model, folder / comparison.MODEL)
    limits = asdict(WorkerLimits()) | {"cpu_seconds": int(order.timeout) + 1}
    if emulator is not None:
        shutil.copyfile(emulator, folder / comparison.EMULATOR)
        place_runner(order.machine, folder / comparison.RUNNER)
        limits["memory_mb"] += RESERVED_MB
    fields = {"seed": order.seed, "limits": limits, "emulated": order.emulated}
    fields["environments"] = {name: str(place) for name, place in order.installed.items()}
    (folder / comparison.ORDER).write_text(json.dumps(fields))
    return emulator.name.removesuffix("-static") if emulator else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison as JSON."""
    parser = argparse.ArgumentParser(prog="python -m neo_local.rehearsal.run_comparison")
    parser.add_argument("artifact", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--machine", default=host(), help="x86_64, aarch64, arm-hard, arm-soft")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--timeout", type=float, default=300.0)
    parser.add_argument(
        "--environments",
        action="append",
        type=Path,
        default=[],
        help="where the optional environments of frameworks are",
    )
    options = parser.parse_args(arguments)
    machine = Machine.read(options.machine)
    order = RunOrder(
        options.artifact,
        options.model,
        machine,
        options.seed,
        options.timeout,
        Environments(tuple(options.environments)),
    )
    print(json.dumps(compare(order)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
