"""Read artifacts: bytes that are compared with their digest, and kept only if they agree."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.core.object_body import ObjectBody
from reconciler.verification.digests import DigestCheck, DigestVerdict

_BLOCK: Final = 1 << 20


class DigestMismatch(Exception):
    """An artifact's bytes are not those that its job wrote."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An artifact that was read to its end."""

    size: int
    verdict: DigestVerdict


def check(
    source: ObjectBody, expected: str, keep: Callable[[bytes], object] | None = None
) -> Checked:
    """Read an artifact to its end, giving its bytes to ``keep``. Raises OSError."""
    digest, size = DigestCheck(expected), 0
    while data := source.read(_BLOCK):
        digest.update(data)
        if keep is not None:
            keep(data)
        size += len(data)
    return Checked(size, digest.verdict())


def download(
    source: ObjectBody, expected: str, folder: Path, job: str, *, accept_any_digest: bool
) -> tuple[Path, Checked]:
    """Write an artifact to ``<folder>/<job>.tar.gz``, whole or not at all.

    The name is made of the job's alone, so that no S3 key leads out of the folder.
    Raises OSError, and DigestMismatch for bytes that do not have the expected digest unless any
    is accepted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{job}.tar.gz"
    with tempfile.TemporaryDirectory(prefix=f".{job}.", dir=folder) as temporary:
        part = Path(temporary) / target.name
        with part.open("wb") as file:
            checked = check(source, expected, file.write)
            file.flush()
            os.fsync(file.fileno())
        if checked.verdict is DigestVerdict.DIFFERS and not accept_any_digest:
            raise DigestMismatch(
                f"the object's bytes do not have the digest {expected}: it was replaced or damaged"
            )
        part.replace(target)
    return target, checked
