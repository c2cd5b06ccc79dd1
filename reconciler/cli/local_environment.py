"""The environment of the embedded AWS: where its Python is, and how it is made.

It is kept apart from the user's own: MiniStack pins a botocore, and the compiler is 0.7 GB that
nobody should get unasked.
"""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

# What some frameworks need beyond it, each in an environment of its own, and its size.
OPTIONAL: Mapping[str, str] = {"pytorch": "0.1 GB", "tensorflow": "2.2 GB"}
_HINT = (
    "It needs a package index (PyPI, or the one that pip is configured for) and room on the disk. "
    "What was installed already is kept; run the command again."
)
NEEDED = ("ministack", "hypercorn", "tvm", "onnx", "tflite", "treelite", "boto3")


def find(package: Path, data: Path) -> Path | None:
    """Return a Python that has what is needed: this one, the checkout's, or the data folder's."""
    if all(importlib.util.find_spec(name) is not None for name in NEEDED):
        return Path(sys.executable)
    for environment in (package.parent / ".venv-local", data / "venv"):
        python = environment / "bin" / "python"
        if python.exists() and _finished(environment):
            return python
    return None


def _finished(environment: Path) -> bool:
    """Return whether an installation was completed: its last packages are there."""
    return all(any(environment.glob(f"lib/python3.*/site-packages/{name}")) for name in NEEDED)


def missing(data: Path) -> str:
    """Return the message for a user who has no such environment."""
    return (
        "the embedded AWS needs an environment of its own (MiniStack, Apache TVM; 1.1 GB), and "
        "there is none yet.\n"
        f"  Make it in {data / 'venv'}:  neoctl local start --install\n"
        "  In a checkout:               make setup\n"
        "  Or name one that you made:   neoctl local start --python /path/to/bin/python"
    )


def install(package: Path, data: Path) -> Path:
    """Make the environment from the lock file that the package carries.

    Raises:
        click.ClickException: an installation step failed; its output has been shown.
    """
    environment = data / "venv"
    click.echo(f"installing the embedded AWS into {environment} (1.1 GB unpacked)", err=True)
    _make(environment, package / "requirements.txt", "--no-compile")
    return environment / "bin" / "python"


def install_optional(
    name: str, package: Path, data: Path, make: Callable[[Path, Path], None] | None = None
) -> None:
    """Make an optional environment, unless the checkout or the data folder has it as locked.

    `make` installs a lock file into a folder.

    Raises:
        click.ClickException: an installation step failed; its output has been shown.
    """
    if (package.parent / f".venv-{name}" / ".made-from").exists():
        return
    environment, lock = data / f"venv-{name}", package / f"requirements-{name}.txt"
    stamp = environment / ".made-from"  # which the embedded AWS looks for
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    click.echo(f"installing {name} into {environment} ({OPTIONAL[name]} unpacked)", err=True)
    (make or _make)(environment, lock)
    stamp.write_text(wanted)


def _make(environment: Path, lock: Path, *options: str) -> None:
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", *options]
    pip += ["--disable-pip-version-check", "--no-deps"]
    pip += ["--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    for step in ([sys.executable, "-m", "venv", str(environment)], pip):
        if subprocess.run(step, stdout=sys.stderr, check=False).returncode:
            raise click.ClickException(f"this failed: {' '.join(step)}\n{_HINT}")
