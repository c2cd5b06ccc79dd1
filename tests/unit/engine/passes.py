"""Passes of the engine on fakes, without CloudFormation, state or lease."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from reconciler.core.canonical import Json
from reconciler.core.declaration import Declaration
from reconciler.core.identity import Owner
from reconciler.core.observed import ObservedJob
from reconciler.core.operation import Operation
from reconciler.core.ports import ObjectHead, PortError
from reconciler.engine.lease import Lease, NoLease
from reconciler.engine.manifest_store import ManifestStore, NoManifest
from reconciler.engine.ports import Ports
from reconciler.engine.reconcile import (
    DesiredState,
    PassOptions,
    PassResult,
    Reconciler,
)
from tests.fakes.gateway import FakeArtifacts, FakeClock, FakeGateway, Travel, at_once
from tests.fakes.sagemaker import FakeSageMaker


@dataclass(slots=True)
class Poison:
    """Makes one call fail for the jobs whose name, ARN or URI contains a text.

    Attributes:
        call: A method of Gateway, or ``head source`` or ``head artifact``.
        text: Which jobs; with "" all.
        error: What the call raises; None while nothing fails.
        raised: How often it did.
    """

    call: str
    text: str
    error: PortError | None = None
    raised: int = 0

    def check(self, call: str, subject: str) -> None:
        """Raise the error if the call and its subject are poisoned."""
        if self.error is not None and call == self.call and self.text in subject:
            self.raised += 1
            raise self.error


@dataclass(slots=True)
class PoisonedGateway:
    """A gateway whose calls about some jobs fail."""

    inner: FakeGateway
    poison: Poison

    def create(self, request: Mapping[str, Json]) -> str:
        self.poison.check("create", str(request["CompilationJobName"]))
        return self.inner.create(request)

    def describe(self, name: str) -> ObservedJob | None:
        self.poison.check("describe", name)
        return self.inner.describe(name)

    def list(self, name_contains: str) -> Iterator[ObservedJob]:
        self.poison.check("list", name_contains)
        return self.inner.list(name_contains)

    def tags(self, arn: str) -> dict[str, str] | None:
        self.poison.check("tags", arn)
        return self.inner.tags(arn)

    def add_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        self.poison.check("add_tags", arn)
        self.inner.add_tags(arn, tags)

    def remove_tags(self, arn: str, keys: tuple[str, ...]) -> None:
        self.poison.check("remove_tags", arn)
        self.inner.remove_tags(arn, keys)

    def stop(self, name: str) -> None:
        self.poison.check("stop", name)
        self.inner.stop(name)

    def delete(self, name: str) -> None:
        self.poison.check("delete", name)
        self.inner.delete(name)


@dataclass(slots=True)
class PoisonedArtifacts:
    """Objects in S3, of which some cannot be looked at."""

    inner: FakeArtifacts
    poison: Poison

    def head(
        self, s3_uri: str, bucket_owner: str | None, *, checksum: bool = False
    ) -> ObjectHead | None:
        is_source = s3_uri.startswith("s3://models/")
        self.poison.check("head source" if is_source else "head artifact", s3_uri)
        return self.inner.head(s3_uri, bucket_owner, checksum=checksum)


@dataclass(slots=True)
class Account:
    """One account, and passes over the jobs of the owner ``team``."""

    poison: Poison = field(default_factory=lambda: Poison("", ""))
    clock: FakeClock = field(default_factory=FakeClock)
    sagemaker: FakeSageMaker = field(init=False)
    artifacts: FakeArtifacts = field(init=False)
    events: list[str] = field(default_factory=list)
    travel: Travel = at_once

    def __post_init__(self) -> None:
        self.sagemaker = FakeSageMaker(self.clock.seconds)
        self.artifacts = FakeArtifacts(self.sagemaker)

    def ports(self) -> Ports:
        """Return the ports of this account."""
        return Ports(
            gateway=PoisonedGateway(FakeGateway(self.sagemaker, self.travel), self.poison),
            artifacts=PoisonedArtifacts(self.artifacts, self.poison),
            clock=self.clock,
            pause=self.clock.advance,
            progress=lambda event, **fields: self.events.append(event),
        )

    def reconcile(
        self,
        declarations: list[Declaration],
        *,
        operation: str = "op-1",
        began: datetime | None = None,
        dropped_tags: frozenset[str] = frozenset(),
        lease: Lease | None = None,
        store: ManifestStore | None = None,
        **options: Any,
    ) -> PassResult:
        """Make one pass."""
        now = self.clock.now()
        desired = DesiredState(
            Owner("team"), tuple(declarations), Operation(operation, began or now), "us-east-1",
            dropped_tags=dropped_tags,
        )  # fmt: skip
        until = now + timedelta(seconds=150)
        reconciler = Reconciler(
            self.ports(), lease or NoLease(), store or NoManifest(Owner("team"))
        )
        return reconciler.reconcile(desired, PassOptions(until=until, **options))

    def let_all_complete(self) -> None:
        """Let every running job complete."""
        self.clock.advance(3600)
