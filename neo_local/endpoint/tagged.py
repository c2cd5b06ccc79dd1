"""The tagged resources of this endpoint: compilation jobs, and what is kept for hosting."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from neo_local.endpoint.records import RecordStore
from neo_local.jobs.store import JobStore

Tags = Mapping[str, str]


class TaggedResources(Protocol):
    """Resources of one kind of store, by ARN, and their tags."""

    def locked(self) -> AbstractContextManager[object]:
        """Hold off every other change."""
        ...

    def tags_of(self, arn: str) -> Tags | None:
        """Return the tags of a resource; None if there is no such resource."""
        ...

    def retag(self, arn: str, tags: Tags) -> None:
        """Replace the tags of a resource that exists."""
        ...

    def all(self) -> Iterator[tuple[str, Tags]]:
        """Yield every resource's ARN and tags."""
        ...


@dataclass(frozen=True, slots=True)
class TaggedJobs:
    """The compilation jobs."""

    store: JobStore

    def locked(self) -> AbstractContextManager[object]:
        return self.store.locked()

    def tags_of(self, arn: str) -> Tags | None:
        job = self.store.get(arn)
        return None if job is None else job.tags

    def retag(self, arn: str, tags: Tags) -> None:
        self.store.retag(arn, tags)

    def all(self) -> Iterator[tuple[str, Tags]]:
        return ((job.arn, job.tags) for job in self.store.all())


@dataclass(frozen=True, slots=True)
class TaggedRecords:
    """Models, endpoint configurations and endpoints."""

    store: RecordStore

    def locked(self) -> AbstractContextManager[object]:
        return self.store.locked()

    def tags_of(self, arn: str) -> Tags | None:
        record = self.store.all().get(arn)
        return None if record is None else record.tags

    def retag(self, arn: str, tags: Tags) -> None:
        with self.store.changing() as records:
            records[arn] = dataclasses.replace(records[arn], tags=dict(tags))

    def all(self) -> Iterator[tuple[str, Tags]]:
        return ((arn, record.tags) for arn, record in self.store.all().items())
