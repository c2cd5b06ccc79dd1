"""The environment of the embedded AWS: where its Python is, and how it is made.

It is kept apart from the user's own: MiniStack pins a botocore, and the compiler is 0.7 GB that
nobody should get unasked.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import click

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
    environment, lock = data / "venv", package / "requirements.txt"
    python = environment / "bin" / "python"
    click.echo(f"installing the embedded AWS into {environment} (1.1 GB unpacked)", err=True)
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]
    steps = (
        [sys.executable, "-m", "venv", str(environment)],
        [*pip, "--require-hashes", "--only-binary", ":all:", "--no-deps", "-r", str(lock)],
    )
    for step in steps:
        if subprocess.run(step, stdout=sys.stderr, check=False).returncode:
            raise click.ClickException(f"this failed: {' '.join(step)}")
    return python
