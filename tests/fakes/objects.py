"""Small objects in S3, with conditional writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reconciler.core.objects import NEW, Objects, Stored
from reconciler.core.ports import Denied, WriteConflict
from tests.contract.privilege.recording import record_object


@dataclass(slots=True)
class FakeObjects:
    """One bucket with conditional writes.

    Attributes:
        can_list: Whether the caller has s3:ListBucket; without it S3 answers 403 for an object
            that does not exist.
        owner: The account that the bucket belongs to.
    """

    travel: Callable[[str, Callable[[], Any]], Any]
    objects: dict[str, Stored] = field(default_factory=dict)
    writes: int = 0
    name: str = "state"
    can_list: bool = True
    owner: str = "111122223333"

    def expecting(self, owner: str | None) -> Objects:
        """Return the bucket as it answers requests with this ExpectedBucketOwner."""
        return self if owner in {None, self.owner} else WrongOwner(self.travel)

    def get(self, key: str) -> Stored | None:
        found: Stored | None = self.travel("GetObject", lambda: self.objects.get(key))
        record_object("GetObject", self.name, key, missing=found is None and self.can_list)
        if found is None and not self.can_list:
            raise Denied("AccessDenied", "not authorized to perform: s3:ListBucket")
        return found

    def put(self, key: str, body: bytes, *, version: str | None = None) -> str:
        record_object("PutObject", self.name, key)
        written: str = self.travel("PutObject", lambda: self._put(key, body, version))
        return written

    def delete(self, key: str) -> None:
        record_object("DeleteObject", self.name, key)
        self.travel("DeleteObject", lambda: self.objects.pop(key, None))

    def _put(self, key: str, body: bytes, version: str | None) -> str:
        now = self.objects.get(key)
        if version is not None and version != (NEW if now is None else now.version):
            raise WriteConflict("PreconditionFailed", key)
        self.writes += 1
        self.objects[key] = Stored(body, f"v{self.writes}")
        return f"v{self.writes}"


@dataclass(frozen=True, slots=True)
class WrongOwner:
    """A bucket of another account than is expected: S3 denies every request."""

    travel: Callable[[str, Callable[[], Any]], Any]

    def get(self, key: str) -> Stored | None:
        found: Stored | None = self.travel("GetObject", self._deny)
        return found

    def put(self, key: str, body: bytes, *, version: str | None = None) -> str:
        written: str = self.travel("PutObject", self._deny)
        return written

    def delete(self, key: str) -> None:
        self.travel("DeleteObject", self._deny)

    def _deny(self) -> None:
        raise Denied("AccessDenied", "Access Denied")


@dataclass(slots=True)
class FakeBuckets:
    """Buckets by name; each is there as soon as it is asked for."""

    travel: Callable[[str, Callable[[], Any]], Any]
    made: dict[str, FakeObjects] = field(default_factory=dict)

    def bucket(self, name: str, owner: str | None = None) -> Objects:
        return self.made.setdefault(name, FakeObjects(self.travel, name=name)).expecting(owner)
