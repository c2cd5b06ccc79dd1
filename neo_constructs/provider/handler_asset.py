"""The asset of the provider's functions, kept between syntheses.

Making it costs a third of a second, as much as a small app's whole synthesis, and it changes only
with the library. So it is kept in the user's cache folder, under a name that changes with every
source file's path, size and time; nothing is kept where no such folder can be written.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import reconciler
from reconciler import bundle
from reconciler.core.contract import JOB_FUNCTION

_PARTS: Final = (*bundle.PARTS, *bundle.VERIFYING_PARTS, "bundle.py", "__init__.py")
_KEPT: Final = 16
_KEPT_SECONDS: Final = 24 * 3_600
"""A zip is younger than this as long as a synthesis may still use it."""


@dataclass(frozen=True, slots=True)
class HandlerAsset:
    """A zip for Lambda, and the hash of what is in it."""

    path: Path
    content_hash: str


@cache
def handler_asset(
    organisation_policy: str = "", entry: str = JOB_FUNCTION, *, verifies: bool = False
) -> HandlerAsset:
    """Return the asset of an entry module, with the organisation's policy if there is one.

    With ``verifies``, the code that verifies artifacts is in it.

    Raises PolicyError or ValueError for a policy that is not well formed.
    """
    folder = _cache_folder()
    signature = _signature(organisation_policy, entry, *(["verifies"] if verifies else []))
    for found in folder.glob(f"{signature}-*.zip"):
        _used_now(found)
        return HandlerAsset(found, found.stem.partition("-")[2])
    made = bundle.lambda_asset(organisation_policy, entry, verifies=verifies)
    content_hash = bundle.content_hash(organisation_policy, entry, verifies=verifies)
    kept = _keep(made, folder / f"{signature}-{content_hash}.zip")
    return HandlerAsset(kept, content_hash)


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "neo-as-code" / "assets"


def _signature(*more: str) -> str:
    root = Path(reconciler.__file__).parent
    hashed = hashlib.sha256("\0".join([sys.version, str(root), *more]).encode())
    for path in sorted(_files(root)):
        status = os.stat(path)  # noqa: PTH116 - a Path for each of 250 takes longer
        hashed.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return hashed.hexdigest()[:32]


def _files(root: Path) -> Iterator[str]:
    """Yield what an asset is made of, as text: a Path for each would take longer than the rest."""
    for part in _PARTS:
        path = root / part
        if path.is_file():
            yield str(path)
        for folder, _, names in os.walk(path):
            yield from (f"{folder}/{name}" for name in names if name.endswith((".py", ".json")))


def _keep(made: Path, target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as partial:
            partial.write(made.read_bytes())
        shutil.move(partial.name, target)
        _forget_old(target.parent)
    except OSError:
        return made
    return target


def _used_now(path: Path) -> None:
    with suppress(OSError):  # a folder that is read only keeps what it has
        os.utime(path)


def _forget_old(folder: Path) -> None:
    last_used = {path: path.stat().st_mtime for path in folder.glob("*.zip")}
    newest = max(last_used.values(), default=0.0)
    newest_first = sorted(last_used, key=last_used.__getitem__, reverse=True)
    for path in newest_first[_KEPT:]:
        if newest - last_used[path] > _KEPT_SECONDS:
            path.unlink(missing_ok=True)
