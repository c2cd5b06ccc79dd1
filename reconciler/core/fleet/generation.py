"""A fleet's generation: the one small object in S3 that says what is desired, and who may act.

Every actor (a deployment's polls, a schedule) writes it conditionally, so of two that write at
once one fails and rereads. It holds

* the generation: a number, the operation that made it, and the digest of its document;
* the lease: who may change jobs, and until when. Only the lease holder may change jobs;
* ``creates_until``: until when a create may have been sent, so that a successor knows how long a
  job that is not visible yet may still appear.

A new generation is written without the lease: the lease holder notices before its next batch and
ends. The successor waits for the lease before it acts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from reconciler.core.canonical import UNREADABLE
from reconciler.core.contract import DEFAULT_RETRIES, LEASE, OnFailure, Verify

SCHEMA: Final = 1
_REMEMBERED: Final = 50
_DEPLOYMENTS: Final = 5


class StateError(ValueError):
    """The state in S3 cannot be read by this version."""


class OperationStatus(StrEnum):
    """How an operation relates to the current generation."""

    CURRENT = "current"  # it wrote the generation
    NEW = "new"  # it has yet to write its own
    SUPERSEDED = "superseded"  # a later one wrote its own; this one changes nothing any more


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """How a generation is brought about, by any actor.

    Attributes:
        retries: Further attempts of a job that fails because of a service error.
        on_failure: Whether one failed job fails the deployment.
        prune: Whether finished records that no declaration names are deleted.
        tags: Tags of every job.
        verify: What an artifact that is not what was ordered means.
    """

    retries: int = DEFAULT_RETRIES
    on_failure: OnFailure = OnFailure.FAIL
    prune: bool = False
    tags: tuple[tuple[str, str], ...] = ()
    verify: Verify = Verify.OFF


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """Who may change jobs, and until when."""

    holder: str
    until: datetime


@dataclass(frozen=True, slots=True)
class FleetGeneration:
    """What is desired of a fleet, and the lease.

    Attributes:
        generation: Counts up.
        operation: What made the generation: a CloudFormation RequestId; its jobs' tag.
        began: When that operation began.
        document: The digest of the resolved document; empty for a deleted fleet.
        source: A digest of what the document was made from.
        previous: The document of the generation before, and its source.
        earlier_creates_until: Until when an earlier generation may have sent a create.
        tag_keys: The keys of all tags that it declares.
        dropped_tag_keys: The keys of tags that earlier generations declared and this one does not.
        variables: Values for documents that are uploaded; empty if none are.
        unneeded_documents: Documents that no generation needs; deleted, or soon to be.
        superseded_operations: The operations before this one, the latest last.
        declared: Digests of what the last deployments declared, the last one first; empty if that
            is not known. A stack may roll back over several updates that failed.
    """

    generation: int
    operation: str
    began: datetime
    document: str
    settings: FleetSettings = FleetSettings()
    source: str = ""
    previous: tuple[str, str] = ("", "")
    lease: LeaseRecord | None = None
    creates_until: datetime | None = None
    earlier_creates_until: datetime | None = None
    tag_keys: tuple[str, ...] = ()
    dropped_tag_keys: tuple[str, ...] = ()
    variables: Mapping[str, object] = field(default_factory=dict)
    unneeded_documents: tuple[str, ...] = ()
    superseded_operations: tuple[str, ...] = ()
    declared: tuple[str, ...] = ("", "")

    def status_of(self, operation: str, began: datetime) -> OperationStatus:
        """Return how an operation relates to this generation."""
        if operation == self.operation:
            return OperationStatus.CURRENT
        if operation in self.superseded_operations or began < self.began:
            return OperationStatus.SUPERSEDED
        return OperationStatus.NEW

    def succeeded_by(self, following: FleetGeneration) -> FleetGeneration:
        """Return the next generation, with the lease as it is."""
        return replace(
            following,
            generation=self.generation + 1,
            previous=(self.document, self.source),
            lease=self.lease,
            creates_until=self.creates_until,
            earlier_creates_until=_latest(self.creates_until, self.earlier_creates_until),
            dropped_tag_keys=self._dropped_tag_keys(following),
            unneeded_documents=self._unneeded(following.document),
            declared=(following.declared[0], *self._declared_before(following))[:_DEPLOYMENTS],
            superseded_operations=(*self.superseded_operations, self.operation)[-_REMEMBERED:],
        )

    def _declared_before(self, following: FleetGeneration) -> tuple[str, ...]:
        return self.declared if self.declared[0] else following.declared[1:]

    def _dropped_tag_keys(self, following: FleetGeneration) -> tuple[str, ...]:
        before = {*self.tag_keys, *self.dropped_tag_keys}
        return tuple(sorted(before - {*following.tag_keys}))

    def _unneeded(self, document: str) -> tuple[str, ...]:
        needed = {document, self.document, ""}
        unneeded = dict.fromkeys((*self.unneeded_documents, self.previous[0]))
        return tuple(each for each in unneeded if each not in needed)[-_REMEMBERED:]

    def is_free(self, holder: str, now: datetime) -> bool:
        """Return whether this holder may take the lease."""
        return self.lease is None or self.lease.holder == holder or self.lease.until <= now

    def leased(self, holder: str, now: datetime, *, creates: bool) -> FleetGeneration:
        """Return it with the lease taken or renewed; ``creates`` if jobs may be created."""
        until = now + LEASE
        return replace(
            self,
            lease=LeaseRecord(holder, until),
            creates_until=until if creates else self.creates_until,
        )

    def released(self, holder: str, now: datetime) -> FleetGeneration:
        """Return it without the holder's lease: what it created has been created by now."""
        if self.lease is None or self.lease.holder != holder:
            return self
        return replace(
            self,
            lease=None,
            creates_until=_at_most(self.creates_until, now),
            earlier_creates_until=_at_most(self.earlier_creates_until, now),
        )

    def may_appear(self, now: datetime, settle: timedelta) -> bool:
        """Return whether List may not show a job of an earlier generation yet."""
        return self.earlier_creates_until is not None and now < self.earlier_creates_until + settle

    def to_json(self) -> bytes:
        """Return the object's bytes."""
        settings = self.settings
        return json.dumps(
            {
                "schema": SCHEMA,
                "generation": self.generation,
                "operation": self.operation,
                "began": self.began.isoformat(),
                "document": self.document,
                "source": self.source,
                "previous": list(self.previous),
                "retries": settings.retries,
                "onFailure": settings.on_failure.value,
                "prune": settings.prune,
                "tags": [list(pair) for pair in settings.tags],
                "lease": self.lease
                and {"holder": self.lease.holder, "until": self.lease.until.isoformat()},
                "acted": self.creates_until and self.creates_until.isoformat(),
                "inherited": self.earlier_creates_until and self.earlier_creates_until.isoformat(),
                "tagKeys": list(self.tag_keys),
                "dropped": list(self.dropped_tag_keys),
                "variables": dict(self.variables),
                "garbage": list(self.unneeded_documents),
                "history": list(self.superseded_operations),
                "declared": list(self.declared),
                **({"verify": settings.verify.value} if settings.verify is not Verify.OFF else {}),
            },
            separators=(",", ":"),
        ).encode()

    @staticmethod
    def from_json(body: bytes) -> FleetGeneration:
        """Read it back. Raises StateError."""
        try:
            value = json.loads(body)
            if value["schema"] != SCHEMA:
                raise StateError(
                    f"the state has schema {value['schema']!r}, this version reads {SCHEMA}"
                )
            return _read(value)
        except UNREADABLE as error:
            raise StateError(f"the fleet's state cannot be read: {error}") from None


def _read(value: Mapping[str, Any]) -> FleetGeneration:
    """Read a generation; what later versions add is ignored, what earlier ones lack is empty."""
    lease, previous = value.get("lease"), value.get("previous") or ["", ""]
    declared = value.get("declared") or ["", ""]
    return FleetGeneration(
        generation=int(value["generation"]),
        operation=str(value["operation"]),
        began=datetime.fromisoformat(value["began"]),
        document=str(value["document"]),
        settings=FleetSettings(
            retries=int(value.get("retries", DEFAULT_RETRIES)),
            on_failure=OnFailure(value.get("onFailure", OnFailure.FAIL)),
            prune=bool(value.get("prune")),
            tags=tuple((str(key), str(text)) for key, text in value.get("tags") or ()),
            verify=Verify(value.get("verify", Verify.OFF)),
        ),
        source=str(value.get("source") or ""),
        previous=(str(previous[0]), str(previous[1])),
        lease=lease and LeaseRecord(str(lease["holder"]), datetime.fromisoformat(lease["until"])),
        creates_until=_instant(value.get("acted")),
        earlier_creates_until=_instant(value.get("inherited")),
        tag_keys=tuple(value.get("tagKeys") or ()),
        dropped_tag_keys=tuple(value.get("dropped") or ()),
        variables=dict(value.get("variables") or {}),
        unneeded_documents=tuple(value.get("garbage") or ()),
        superseded_operations=tuple(value.get("history") or ()),
        declared=(str(declared[0]), *map(str, declared[1:] or [""])),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _at_most(moment: datetime | None, limit: datetime) -> datetime | None:
    return None if moment is None else min(moment, limit)


def _latest(*moments: datetime | None) -> datetime | None:
    return max((each for each in moments if each is not None), default=None)
