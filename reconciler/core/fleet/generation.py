"""``desired``: the one small object that says which generation of a fleet is meant, and who acts.

Every actor (a deployment's polls, a schedule) writes it conditionally, so of two that write at
once one loses and reads again. It holds

* the generation: a number, the operation that made it, and the digest of its document;
* the lease: who may change jobs, and until when. Whoever holds none changes nothing;
* ``acted``: until when a create may have been sent, so that a successor knows how long one that
  nobody has seen yet may still appear.

A new generation is written without asking for the lease: the holder of the lease sees it before
its next batch and ends. The successor waits for the lease before it acts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from reconciler.core.contract import DEFAULT_RETRIES, LEASE
from reconciler.core.policy import OnFailure

SCHEMA: Final = 1
_REMEMBERED: Final = 50


class StateError(ValueError):
    """The state in S3 is of a form that this version does not write."""


class OperationStatus(StrEnum):
    """How an operation stands to the generation that is desired now."""

    CURRENT = "current"  # it made it
    NEWER = "newer"  # it has still to make its own
    STALE = "stale"  # a later one has taken over; it changes nothing any more


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """How a generation is brought about, whoever does it.

    Attributes:
        retries: Further attempts of a job that fails for the service's own reasons.
        on_failure: Whether one job that fails fails the deployment.
        prune: Whether finished records that no declaration names are deleted.
        tags: Tags of every job.
    """

    retries: int = DEFAULT_RETRIES
    on_failure: OnFailure = OnFailure.FAIL
    prune: bool = False
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """Who may change jobs, and until when."""

    holder: str
    until: datetime


@dataclass(frozen=True, slots=True)
class FleetGeneration:
    """The pointer.

    Attributes:
        generation: Counts up.
        operation: What made the generation: a CloudFormation RequestId; its jobs' tag.
        began: When that operation began.
        document: The digest of the resolved document; empty when all is to go.
        source: What the document was made from; the same source gives the same document.
        previous: The document of the generation before, and its source.
        inherited: Until when an earlier generation may have sent a create.
        tag_keys: The keys of all tags that it declares.
        dropped: The keys of tags that earlier generations declared and this one does not.
        variables: Values for documents that are uploaded; empty if none are.
        garbage: Documents that no generation needs; deleted, or about to be.
        history: The operations before, the latest last.
    """

    generation: int
    operation: str
    began: datetime
    document: str
    settings: FleetSettings = FleetSettings()
    source: str = ""
    previous: tuple[str, str] = ("", "")
    lease: LeaseRecord | None = None
    acted: datetime | None = None
    inherited: datetime | None = None
    tag_keys: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    variables: Mapping[str, object] = field(default_factory=dict)
    garbage: tuple[str, ...] = ()
    history: tuple[str, ...] = ()

    def stance(self, operation: str, began: datetime) -> OperationStatus:
        """How an operation stands to this generation."""
        if operation == self.operation:
            return OperationStatus.CURRENT
        if operation in self.history or began < self.began:
            return OperationStatus.STALE
        return OperationStatus.NEWER

    def succeeded_by(self, following: FleetGeneration) -> FleetGeneration:
        """The next generation. The lease stays with whoever has it."""
        return replace(
            following,
            generation=self.generation + 1,
            previous=(self.document, self.source),
            lease=self.lease,
            acted=self.acted,
            inherited=_latest(self.acted, self.inherited),
            dropped=tuple(sorted({*self.tag_keys, *self.dropped} - {*following.tag_keys})),
            garbage=self._garbage(following.document),
            history=(*self.history, self.operation)[-_REMEMBERED:],
        )

    def _garbage(self, document: str) -> tuple[str, ...]:
        needed = {document, self.document, ""}
        unneeded = dict.fromkeys(each for each in (*self.garbage, self.previous[0]))
        return tuple(each for each in unneeded if each not in needed)[-_REMEMBERED:]

    def is_free(self, holder: str, now: datetime) -> bool:
        """Whether this holder may take the lease."""
        return self.lease is None or self.lease.holder == holder or self.lease.until <= now

    def leased(self, holder: str, now: datetime, *, creates: bool) -> FleetGeneration:
        """With the lease taken or renewed; ``creates`` if jobs may be created under it."""
        until = now + LEASE
        return replace(
            self, lease=LeaseRecord(holder, until), acted=until if creates else self.acted
        )

    def released(self, holder: str, now: datetime) -> FleetGeneration:
        """Without the lease of this holder: whatever was to be created has been by now."""
        if self.lease is None or self.lease.holder != holder:
            return self
        return replace(
            self,
            lease=None,
            acted=None if self.acted is None else min(self.acted, now),
            inherited=None if self.inherited is None else min(self.inherited, now),
        )

    def may_appear(self, now: datetime, settle: timedelta) -> bool:
        """Whether a job that an earlier generation created may not be seen in a list yet."""
        return self.inherited is not None and now < self.inherited + settle

    def to_json(self) -> bytes:
        """The object's bytes."""
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
                "acted": self.acted and self.acted.isoformat(),
                "inherited": self.inherited and self.inherited.isoformat(),
                "tagKeys": list(self.tag_keys),
                "dropped": list(self.dropped),
                "variables": dict(self.variables),
                "garbage": list(self.garbage),
                "history": list(self.history),
            },
            separators=(",", ":"),
        ).encode()

    @staticmethod
    def from_json(body: bytes) -> FleetGeneration:
        """Read it back. Raises StateError."""
        try:
            value = json.loads(body)
            if value["schema"] != SCHEMA:
                raise StateError(f"the state has schema {value['schema']!r}, this reads {SCHEMA}")
            return _desired(value)
        except (ValueError, KeyError, TypeError) as error:
            raise StateError(f"the fleet's state cannot be read: {error}") from None


def _desired(value: Mapping[str, Any]) -> FleetGeneration:
    """What later versions add is left out, what earlier ones did not write is empty."""
    lease, previous = value.get("lease"), value.get("previous") or ["", ""]
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
        ),
        source=str(value.get("source") or ""),
        previous=(str(previous[0]), str(previous[1])),
        lease=lease and LeaseRecord(str(lease["holder"]), datetime.fromisoformat(lease["until"])),
        acted=_instant(value.get("acted")),
        inherited=_instant(value.get("inherited")),
        tag_keys=tuple(value.get("tagKeys") or ()),
        dropped=tuple(value.get("dropped") or ()),
        variables=dict(value.get("variables") or {}),
        garbage=tuple(value.get("garbage") or ()),
        history=tuple(value.get("history") or ()),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _latest(*moments: datetime | None) -> datetime | None:
    return max((each for each in moments if each is not None), default=None)
