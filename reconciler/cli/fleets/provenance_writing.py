"""Writes the provenance of a downloaded artifact beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reconciler.cli.options.outside import ConnectedAccount
from reconciler.core.observed import ObservedJob
from reconciler.core.ports import PortError
from reconciler.inspection.limits import Limits, ReadBudget
from reconciler.verification.artifact import read_artifact
from reconciler.verification.provenance import SUFFIX, statement_of

_BLOCK: Final = 1 << 20


def write_provenance(account: ConnectedAccount, job: ObservedJob, path: Path) -> Path:
    """Write the statement about the artifact in `path`; return its path. Raises OSError."""
    with path.open("rb") as file:
        artifact = read_artifact(file, ReadBudget(Limits()))
    statement = statement_of(
        job,
        path.name,
        artifact.sha256 or _sha256_of(path),
        source_sha256=_source_sha256(account, job),
        engine=artifact.description.engine if artifact.description else "",
    )
    target = path.with_name(path.name.removesuffix(".tar.gz") + SUFFIX)
    target.write_text(json.dumps(statement, indent=2, default=str) + "\n")
    return target


def _source_sha256(account: ConnectedAccount, job: ObservedJob) -> str:
    """Return the digest of the model that the job read; empty if that is not certain.

    It is what is in S3 now only if nobody has written there since the job began.
    """
    source = (job.described or {}).get("InputConfig")
    uri = str(source.get("S3Uri") or "") if isinstance(source, Mapping) else ""
    try:
        head = account.artifacts.head(uri, None) if uri else None
        if head is None or head.modified is None or head.modified > job.created:
            return ""
        stream, digest = account.open_artifact(uri), hashlib.sha256()
        while piece := stream.read(_BLOCK):
            digest.update(piece)
        return digest.hexdigest()
    except (PortError, OSError):  # no right to read it, or no object but a prefix
        return ""


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
