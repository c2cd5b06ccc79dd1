"""What it takes to run a library of another architecture: qemu's user emulator, and the runner.

The runner (runner/runner.c) is a program of ours for the library's architecture. It needs nothing
of that architecture's system, and so no such system has to be at hand. Its compiler is the one that
the ziglang wheel carries; that takes a few seconds, the first time for an architecture.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from neo_local.run_artifact import host

_SOURCES = Path(__file__).with_name("runner")
_MUSL = ("erf.c", "erff.c")  # which neither Zig's library nor its compiler_rt has
_INCLUDES = ("include/generic-musl", "musl/src/internal", "musl/src/include", "musl/arch/generic")
_EMULATORS: Mapping[str, str] = {
    "aarch64": "qemu-aarch64",
    "arm": "qemu-arm",
    "x86_64": "qemu-x86_64",
}
_TARGETS: Mapping[tuple[str, str], str] = {
    ("aarch64", ""): "aarch64-linux-none",
    ("arm", "hard"): "arm-linux-gnueabihf",
    ("arm", "soft"): "arm-linux-gnueabi",
    ("x86_64", ""): "x86_64-linux-none",
}
RESERVED_MB = 4200  # addresses: qemu sets aside all that a 32-bit program could use
_SUFFIXES = ("", "-static")  # as Debian's qemu-user and qemu-user-static name them
_HINT = "Debian and Ubuntu have it in qemu-user-static"


class CannotEmulate(Exception):
    """There is no way to run the architecture here; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture, as an ELF header has it.

    Attributes:
        name: ``aarch64``, ``arm``, ``x86_64``, ``x86``.
        float_abi: ``hard`` or ``soft`` of ``arm``; empty of the others.
    """

    name: str
    float_abi: str = ""

    @classmethod
    def read(cls, text: str) -> Machine:
        """Read the form of the command line: ``aarch64``, ``arm-hard``."""
        name, _, float_abi = text.partition("-")
        return cls(name, float_abi)


def find_emulator(machine: Machine) -> Path:
    """Return the program that runs those of another machine. Raises CannotEmulate."""
    name = _EMULATORS.get(machine.name)
    if name is None:
        raise CannotEmulate(f"{_other(machine)}, which is not emulated here")
    found = next(filter(None, (shutil.which(name + suffix) for suffix in _SUFFIXES)), None)
    if found is None:
        raise CannotEmulate(f"{_other(machine)}, and {name} is not on the PATH ({_HINT})")
    return Path(found)


def _other(machine: Machine) -> str:
    return f"it is compiled for {machine.name}, this machine is {host()}"


def place_runner(machine: Machine, to: Path) -> None:
    """Put the runner for a machine into a file. Raises CannotEmulate, OSError."""
    target = _TARGETS.get((machine.name, machine.float_abi))
    if target is None:
        raise CannotEmulate(f"there is no runner for {machine.name} {machine.float_abi}".rstrip())
    kept = _kept(target)
    if kept is not None and kept.is_file():
        shutil.copy(kept, to)
        return
    with tempfile.TemporaryDirectory() as work:
        made = Path(work) / target
        _compile(target, made)
        shutil.copy(made, to)
        if kept is not None:
            with contextlib.suppress(OSError):  # it is compiled again the next time
                _keep(made, kept)


def _kept(target: str) -> Path | None:
    """Return where the runner of these sources and this compiler is kept; None for nowhere."""
    home = os.environ.get("HOME")
    base = os.environ.get("XDG_CACHE_HOME") or (home and f"{home}/.cache")
    if not base:
        return None
    digest = hashlib.sha256(version("ziglang").encode())
    for path in (Path(__file__), *sorted(_SOURCES.iterdir())):
        digest.update(path.read_bytes())
    return Path(base) / "neo-as-code" / f"runners-{digest.hexdigest()[:16]}" / target


def _keep(made: Path, kept: Path) -> None:
    """Keep a runner; of several processes that do, the last one wins. Raises OSError."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    new = Path(shutil.copy(made, kept.with_name(f"{kept.name}.{os.getpid()}")))
    new.replace(kept)


def _compile(target: str, made: Path) -> None:
    """Compile the runner. Raises CannotEmulate."""
    command = [sys.executable, "-m", "ziglang", "build-exe", *_arguments(target, made)]
    caches = dict.fromkeys(("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"), str(made.parent))
    done = subprocess.run(
        command, cwd=made.parent, env=os.environ | caches, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise CannotEmulate(f"its runner could not be compiled: {lines[0][:300]}")


def _arguments(target: str, made: Path) -> Iterator[str]:
    import ziglang

    libc = Path(ziglang.__file__).parent / "lib" / "libc"
    yield str(_SOURCES / "system.zig")
    yield from ("-cflags", "-std=c11", "-O2", "-w", "-fno-builtin", "-ffp-contract=off")
    yield from ("-Dhidden=", "--")
    yield from (str(_SOURCES / "runner.c"), str(_SOURCES / "rounding.c"))
    yield from (str(libc / "musl" / "src" / "math" / name) for name in _MUSL)
    for folder in (f"include/{target.partition('-')[0]}-linux-musl", *_INCLUDES):
        yield from ("-I", str(libc / folder))
    yield from ("-target", target, "-O", "ReleaseSmall", f"-femit-bin={made}")
