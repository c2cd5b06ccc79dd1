"""Snapshots: what a plan read of an account, kept in a file, so that a plan needs no credentials.

A snapshot answers what was asked when it was made: the jobs of each owner, and the details of
those that were read. A job whose details it does not have is planned as unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from reconciler.cli.options.account import FileError
from reconciler.core.canonical import UNREADABLE
from reconciler.core.fields import FIELDS
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.ports import ObjectHead

FORMAT_VERSION: Final = 1
_KIND: Final = "neoctl-snapshot"
_TEXTS: Final = (
    "failure_reason", "s3_model_artifacts", "artifact_digest", "inference_image", "target",
)  # fmt: skip

_REQUEST_MEMBERS: Final = frozenset(each.path.partition(".")[0] for each in FIELDS)


class SnapshotError(FileError):
    """A snapshot cannot be read."""


@dataclass(slots=True)
class Snapshot:
    """What was read of one account and region.

    Attributes:
        taken: When, in ISO 8601.
        listed: The jobs of each owner, by the text that their names contain.
        described: Jobs that were described, by name; None for a job that was not there.
        tags: Tags by ARN; None for a job that was not there.
        heads: Objects by URI; None for an object that was not there.
    """

    account: str
    region: str
    taken: str
    listed: dict[str, list[ObservedJob]] = field(default_factory=dict)
    described: dict[str, ObservedJob | None] = field(default_factory=dict)
    tags: dict[str, dict[str, str] | None] = field(default_factory=dict)
    heads: dict[str, ObjectHead | None] = field(default_factory=dict)

    def text(self) -> str:
        """Return the text of a snapshot's file."""
        value = {
            "kind": _KIND, "format_version": FORMAT_VERSION, "account": self.account,
            "region": self.region, "taken": self.taken,
            "listed": {key: list(map(_job_json, jobs)) for key, jobs in self.listed.items()},
            "described": {
                name: job and _job_json(job) for name, job in sorted(self.described.items())
            },
            "tags": dict(sorted(self.tags.items())),
            "heads": {uri: head and asdict(head) for uri, head in sorted(self.heads.items())},
        }  # fmt: skip
        return json.dumps(value, indent=1, ensure_ascii=True, default=_isoformat) + "\n"


def read_snapshot(path: str) -> Snapshot:
    """Read a snapshot's file. Raises SnapshotError, OSError."""
    try:
        value = json.loads(Path(path).read_bytes())
        if not isinstance(value, dict) or value.get("kind") != _KIND:
            raise SnapshotError(f"{path}: not a snapshot; write one with plan --save-snapshot")
        if value["format_version"] != FORMAT_VERSION:
            raise SnapshotError(
                f"{path}: format_version {value['format_version']!r} is unknown, "
                f"{FORMAT_VERSION} is allowed"
            )
        return Snapshot(
            account=str(value["account"]),
            region=str(value["region"]),
            taken=str(value["taken"]),
            listed={key: list(map(_job, jobs)) for key, jobs in value["listed"].items()},
            described={name: job and _job(job) for name, job in value["described"].items()},
            tags={arn: tags and dict(tags) for arn, tags in value["tags"].items()},
            heads={uri: head and _head(head) for uri, head in value["heads"].items()},
        )
    except SnapshotError:
        raise
    except UNREADABLE as error:
        raise SnapshotError(
            f"{path}: not a valid snapshot ({type(error).__name__}: {error})"
        ) from None


def _head(value: Mapping[str, Any]) -> ObjectHead:
    modified = value.get("modified")
    moment = None if modified is None else datetime.fromisoformat(modified)
    return ObjectHead(**{**value, "modified": moment})


def _isoformat(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _job_json(job: ObservedJob) -> dict[str, Any]:
    more = {name: getattr(job, name) for name in _TEXTS if getattr(job, name)}
    described = job.described and {
        key: value for key, value in job.described.items() if key in _REQUEST_MEMBERS
    }
    return {
        "name": job.name, "arn": job.arn, "status": job.status.value,
        "created": job.created.isoformat(), **more,
        **({"ended": job.ended.isoformat()} if job.ended is not None else {}),
        **({"described": described} if described is not None else {}),
    }  # fmt: skip


def _job(value: Mapping[str, Any]) -> ObservedJob:
    return ObservedJob(
        name=str(value["name"]),
        arn=str(value["arn"]),
        status=JobStatus(value["status"]),
        created=datetime.fromisoformat(value["created"]),
        failure_reason=str(value.get("failure_reason", "")),
        s3_model_artifacts=str(value.get("s3_model_artifacts", "")),
        artifact_digest=str(value.get("artifact_digest", "")),
        inference_image=str(value.get("inference_image", "")),
        described=value.get("described"),
        ended=datetime.fromisoformat(value["ended"]) if "ended" in value else None,
        target=str(value.get("target", "")),
    )
