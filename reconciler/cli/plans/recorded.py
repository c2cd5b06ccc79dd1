"""An account that keeps what it answers, and one that answers from what was kept."""

# ruff: noqa: ARG002 - the ports name arguments that are not needed here

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.cli.options.outside import AccountView
from reconciler.cli.plans.snapshot import Snapshot
from reconciler.core.canonical import Json
from reconciler.core.observed import ObservedJob
from reconciler.core.ports import Artifacts, Denied, Gateway, ObjectHead


class ReadOnlyGateway:
    """The part of a gateway that changes jobs, refused: for what only looks."""

    def create(self, request: Mapping[str, Json]) -> str:
        """Refuse."""
        raise _read_only()

    def add_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Refuse."""
        raise _read_only()

    def remove_tags(self, arn: str, keys: tuple[str, ...]) -> None:
        """Refuse."""
        raise _read_only()

    def stop(self, name: str) -> None:
        """Refuse."""
        raise _read_only()

    def delete(self, name: str) -> None:
        """Refuse."""
        raise _read_only()


def _read_only() -> Denied:
    return Denied("ReadOnly", "nothing is changed here")


@dataclass(slots=True)
class RecordingGateway(ReadOnlyGateway):
    """Reads an account, and keeps what it was answered."""

    inner: Gateway
    snapshot: Snapshot

    def describe(self, name: str) -> ObservedJob | None:
        """Ask the account."""
        answer = self.inner.describe(name)
        self.snapshot.described[name] = answer and replace(answer, tags=None)
        return answer

    def list(self, name_contains: str) -> Iterator[ObservedJob]:
        """Ask the account."""
        jobs = list(self.inner.list(name_contains))
        self.snapshot.listed[name_contains] = jobs
        return iter(jobs)

    def tags(self, arn: str) -> dict[str, str] | None:
        """Ask the account."""
        answer = self.inner.tags(arn)
        self.snapshot.tags[arn] = answer
        return answer


@dataclass(slots=True)
class SnapshotGateway(ReadOnlyGateway):
    """Answers from a snapshot; raises Denied for what it does not have."""

    snapshot: Snapshot

    def describe(self, name: str) -> ObservedJob | None:
        """Return what was described."""
        if name not in self.snapshot.described:
            raise _not_in_snapshot(name)
        return self.snapshot.described[name]

    def list(self, name_contains: str) -> Iterator[ObservedJob]:
        """Return what was listed."""
        if name_contains not in self.snapshot.listed:
            raise _not_in_snapshot(f"the jobs of {name_contains.rstrip('-')}")
        return iter(self.snapshot.listed[name_contains])

    def tags(self, arn: str) -> dict[str, str] | None:
        """Return the tags that were read."""
        if arn not in self.snapshot.tags:
            raise _not_in_snapshot(f"tags of {arn}")
        return self.snapshot.tags[arn]


def _not_in_snapshot(what: str) -> Denied:
    return Denied("NotInSnapshot", f"the snapshot does not have {what}")


@dataclass(slots=True)
class RecordingArtifacts:
    """Looks at objects, and keeps what it was answered."""

    inner: Artifacts
    snapshot: Snapshot

    def head(
        self, s3_uri: str, bucket_owner: str | None, *, checksum: bool = False
    ) -> ObjectHead | None:
        """Ask S3."""
        answer = self.inner.head(s3_uri, bucket_owner, checksum=checksum)
        self.snapshot.heads[s3_uri] = answer
        return answer


@dataclass(slots=True)
class SnapshotArtifacts:
    """Answers from a snapshot; raises Denied for what it does not have."""

    snapshot: Snapshot

    def head(
        self, s3_uri: str, bucket_owner: str | None, *, checksum: bool = False
    ) -> ObjectHead | None:
        """Return what was looked at."""
        if s3_uri not in self.snapshot.heads:
            raise _not_in_snapshot(s3_uri)
        return self.snapshot.heads[s3_uri]


@dataclass(frozen=True, slots=True)
class RecordedAccount:
    """An account whose answers are kept."""

    snapshot: Snapshot
    gateway: RecordingGateway
    artifacts: RecordingArtifacts

    @staticmethod
    def of(account: AccountView, taken: str) -> RecordedAccount:
        """Return an account that keeps what it answers in a new snapshot."""
        snapshot = Snapshot(account.id, account.region, taken)
        return RecordedAccount(
            snapshot,
            RecordingGateway(account.gateway, snapshot),
            RecordingArtifacts(account.artifacts, snapshot),
        )

    @property
    def id(self) -> str:
        """The account's id."""
        return self.snapshot.account

    @property
    def region(self) -> str:
        """The region."""
        return self.snapshot.region


@dataclass(frozen=True, slots=True)
class SavedAccount:
    """An account as a snapshot has it."""

    snapshot: Snapshot

    @property
    def id(self) -> str:
        """The account's id."""
        return self.snapshot.account

    @property
    def region(self) -> str:
        """The region."""
        return self.snapshot.region

    @property
    def gateway(self) -> SnapshotGateway:
        """Its compilation jobs."""
        return SnapshotGateway(self.snapshot)

    @property
    def artifacts(self) -> SnapshotArtifacts:
        """Its objects."""
        return SnapshotArtifacts(self.snapshot)
