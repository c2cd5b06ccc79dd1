"""The manifest: the state of every job of a fleet, for people and programs, in one JSON object.

    {"schema": 1, "owner": "f…", "generation": 3, "updated": "…",
     "counts": {"total": 2, "completed": 1, "failed": 0, "pending": 1},
     "jobs": {"<logical name>": {"name": "…", "status": "COMPLETED", "artifact": "s3://…",
              "digest": "…", "image": "…"}}, "records": {…}}

``status`` is the service's, or PENDING (no job yet), REFUSED (the request is refused), CONFLICT
(a job that is not ours has the name), UNVERIFIED (COMPLETED, but its artifact is not what was
ordered, where that fails a job). ``records`` is the reconciler's own memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final

from reconciler.core.canonical import UNREADABLE
from reconciler.core.fleet.generation import StateError
from reconciler.core.fleet.job_record import JobRecord

SCHEMA: Final = 1
PENDING: Final = "PENDING"
REFUSED: Final = "REFUSED"
CONFLICT: Final = "CONFLICT"
UNVERIFIED: Final = "UNVERIFIED"


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One declared job in the manifest."""

    name: str
    status: str
    artifact: str = ""
    digest: str = ""
    image: str = ""
    reason: str = ""

    def to_json(self) -> dict[str, str]:
        """Return its JSON form without what is empty."""
        return {key: value for key in _ENTRY_KEYS if (value := getattr(self, key))}


_ENTRY_KEYS: Final = tuple(each.name for each in fields(ManifestEntry))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many declared jobs are in which state; they add up to ``total``.

    Attributes:
        pending: Not ended, or not created yet.
        accepted: Of the pending ones, those that the service has accepted.
    """

    total: int = 0
    completed: int = 0
    failed: int = 0
    pending: int = 0
    accepted: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a pass found, and what it keeps for the next one."""

    owner: str
    generation: int = 0
    updated: datetime | None = None
    counts: Counts = Counts()
    jobs: Mapping[str, ManifestEntry] = field(default_factory=dict)
    records: Mapping[str, JobRecord] = field(default_factory=dict)

    def same_as(self, other: Manifest) -> bool:
        """Return whether it says the same, except for the time."""
        return replace(self, updated=other.updated) == other

    def to_json(self) -> bytes:
        """Return the object's bytes."""
        value = {
            "schema": SCHEMA,
            "owner": self.owner,
            "generation": self.generation,
            "updated": self.updated and self.updated.isoformat(),
            "counts": asdict(self.counts),
            "jobs": {name: entry.to_json() for name, entry in sorted(self.jobs.items())},
            "records": {name: each.to_json() for name, each in sorted(self.records.items())},
        }
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    @staticmethod
    def from_json(body: bytes) -> Manifest:
        """Read it back. Raises StateError."""
        try:
            value: dict[str, Any] = json.loads(body)
            if value["schema"] != SCHEMA:
                raise StateError(f"the manifest has schema {value['schema']!r}")
            return Manifest(
                owner=value["owner"],
                generation=int(value["generation"]),
                updated=datetime.fromisoformat(value["updated"]) if value["updated"] else None,
                counts=Counts(**value["counts"]),
                jobs={name: ManifestEntry(**entry) for name, entry in value["jobs"].items()},
                records={
                    name: JobRecord.from_json(each) for name, each in value["records"].items()
                },
            )
        except UNREADABLE as error:
            raise StateError(f"the fleet's manifest cannot be read: {error}") from None
