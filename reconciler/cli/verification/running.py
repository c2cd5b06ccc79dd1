"""Runs an artifact on this machine beside its model's own runtime, by the embedded AWS's Python."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reconciler.inspection.gunzip import ByteStream
from reconciler.rules.finding import Finding
from reconciler.verification import codes
from reconciler.verification.elf import SharedLibrary

_CHUNK: Final = 1 << 20
_PROGRAM: Final = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from neo_local.rehearsal.run_comparison import main; sys.exit(main())"
)


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a run gave.

    Attributes:
        reason: Why nothing was run; empty if it was.
        reference: The model's own runtime, with its version.
        outputs: Of each output its name, type, largest difference and largest value.
        seconds: How long the artifact took, loading it included; no measure of a device.
        reference_seconds: How long the model's own runtime took on this machine.
        emulator: What emulated the artifact's processor; empty if this machine's ran it.
    """

    reason: str = ""
    outputs: tuple[Mapping[str, Any], ...] = ()
    seconds: float = 0.0
    reference_seconds: float = 0.0
    emulator: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How an artifact is run.

    Attributes:
        python: The embedded AWS's Python; None if it is not installed.
        packages: The folder that neo_local is in.
        environments: The folders where optional environments may be.
        tolerance: The largest difference that is taken for equal, relative to an output's largest
            value where that is above 1. Integers may differ by 1, a step of a quantised output.
    """

    python: Path | None
    packages: Path
    environments: tuple[Path, ...]
    seed: int
    tolerance: float
    seconds: float
    most_bytes: int


def run_artifact(
    artifact: AbstractContextManager[ByteStream],
    model: AbstractContextManager[ByteStream],
    library: SharedLibrary,
    settings: RunSettings,
) -> RunOutcome:
    """Run an artifact and its model on the same inputs. Raises OSError if they cannot be read.

    `library` is the artifact's, as it was read: its processor is emulated where it is another one.
    """
    if settings.python is None:
        return RunOutcome("the embedded AWS is not installed; neoctl local start --install does it")
    with tempfile.TemporaryDirectory() as name:
        files = (Path(name) / "artifact.tar.gz", Path(name) / "model.tar.gz")
        for source, path in zip((artifact, model), files, strict=True):
            _save(source, path, settings.most_bytes)
        machine = "-".join(filter(None, (library.machine, library.float_abi)))
        how = ["--machine", machine, "--seed", str(settings.seed)]
        how += ["--timeout", str(settings.seconds)]
        for folder in settings.environments:
            how += ["--environments", str(folder)]
        command = [str(settings.python), "-I", "-c", _PROGRAM, str(settings.packages)]
        words = [*command, *map(str, files), *how]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return _outcome(done)


def _save(source: AbstractContextManager[ByteStream], path: Path, most: int) -> None:
    with source as stream, path.open("wb") as file:
        while piece := stream.read(_CHUNK):
            if file.tell() + len(piece) > most:
                raise OSError("larger than --max-gib allows")
            file.write(piece)


def _outcome(done: subprocess.CompletedProcess[str]) -> RunOutcome:
    try:
        result = json.loads(done.stdout)
    except ValueError:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return RunOutcome(f"the program that runs it failed: {lines[-1][:300]}")
    if "reason" in result:
        return RunOutcome(str(result["reason"]))
    return RunOutcome(
        outputs=tuple(result["outputs"]),
        seconds=float(result["seconds"]),
        reference_seconds=float(result["reference_seconds"]),
        emulator=str(result["emulator"]),
        reference=str(result["reference"]),
    )


def check_run(outcome: RunOutcome, settings: RunSettings) -> Iterator[Finding]:
    """Yield the outputs that differ, or that nothing was run."""
    if outcome.reason:
        yield codes.NOT_RUN.at(
            codes.ARTIFACT,
            f"the artifact was not run: {outcome.reason}",
            hint="What needs no run was checked. Compare its answers with the model's on the "
            "device before you deploy it.",
        )
    for output in outcome.outputs:
        allowed = _allowed(output, settings.tolerance)
        if output["shapes"] or output["difference"] is None or output["difference"] > allowed:
            yield codes.ANSWERS.at(
                codes.ARTIFACT,
                f"output {output['name']} differs from what {outcome.reference} answers",
                got=output["shapes"] or f"a difference of {_number(output['difference'])}",
                allowed=f"at most {allowed:.3g}",
                hint="Compare on inputs of your own before you deploy it. --tolerance says how "
                "much may differ, --seed which inputs are tried.",
            )


def _allowed(output: Mapping[str, Any], tolerance: float) -> float:
    if "int" in str(output["dtype"]):
        return 1.0
    return tolerance * max(1.0, float(output["largest"] or 0.0))


def run_facts(outcome: RunOutcome) -> Iterator[tuple[str, str]]:
    """Yield what a run gave, for people."""
    for output in outcome.outputs:
        number = _number(output["difference"])
        yield "ran", f"{output['name']}: largest difference {number} of {output['largest']:.3g}"
    if outcome.outputs:
        how = f"emulated by {outcome.emulator}" if outcome.emulator else "on this machine"
        yield (
            "time",
            (
                f"{outcome.seconds:.2f} s {how}, loading included; {outcome.reference} took "
                f"{outcome.reference_seconds:.2f} s. No measure of the device"
            ),
        )


def _number(difference: float | None) -> str:
    return "infinite or not a number" if difference is None else f"{difference:.3g}"
