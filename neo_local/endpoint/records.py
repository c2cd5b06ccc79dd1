"""What is kept for hosting: models, endpoint configurations and endpoints, in one JSON file."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """A resource as it was created, and its tags. Times are seconds since the epoch."""

    arn: str
    name: str
    request: Mapping[str, Any]
    created: float
    modified: float
    tags: Mapping[str, str]


@dataclass(slots=True)
class RecordStore:
    """Records by ARN. Safe for use by many threads of one process."""

    path: Path
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold off every other change."""
        with self._lock:
            yield

    def all(self) -> dict[str, Record]:
        """Return every record."""
        with self._lock:
            kept = json.loads(self.path.read_text()) if self.path.exists() else {}
        return {arn: Record(**fields) for arn, fields in kept.items()}

    @contextmanager
    def changing(self) -> Iterator[dict[str, Record]]:
        """Yield the records; write them back if nothing is raised."""
        with self._lock:
            records = self.all()
            yield records
            temporary = self.path.with_suffix(".new")
            temporary.write_text(json.dumps({arn: _fields(one) for arn, one in records.items()}))
            temporary.replace(self.path)


def _fields(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in Record.__slots__}
