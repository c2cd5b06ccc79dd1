"""An account whose finished jobs are read once: what ended does not change any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.cli.plans.recorded import ReadOnlyGateway
from reconciler.core.observed import ObservedJob
from reconciler.core.ports import Artifacts, Gateway, ObjectHead


@dataclass(slots=True)
class RememberingArtifacts:
    """Looks at each object once: what became of attempts that were compiled before."""

    inner: Artifacts
    heads: dict[str, ObjectHead | None] = field(default_factory=dict)

    def head(
        self, s3_uri: str, bucket_owner: str | None, *, checksum: bool = False
    ) -> ObjectHead | None:
        """Return what is known of an object, or ask S3."""
        if s3_uri not in self.heads:
            self.heads[s3_uri] = self.inner.head(s3_uri, bucket_owner, checksum=checksum)
        return self.heads[s3_uri]


@dataclass(slots=True)
class RememberingGateway(ReadOnlyGateway):
    """Lists every time; describes each finished job and reads its tags once.

    A name that is used again after its record was deleted is another job: it is read again. A job
    that is not in the lists may be deleted unseen, so it is not remembered.

    Attributes:
        listed: Every job that was listed, by name.
    """

    inner: Gateway
    listed: dict[str, ObservedJob] = field(default_factory=dict)
    described: dict[str, ObservedJob] = field(default_factory=dict)
    tagged: dict[str, dict[str, str]] = field(default_factory=dict)

    def list(self, name_contains: str) -> Iterator[ObservedJob]:
        """Ask the account, and forget what is known of other jobs of the same names."""
        for job in self.inner.list(name_contains):
            known = self.described.get(job.name)
            if known is not None and (known.created, known.status) != (job.created, job.status):
                del self.described[job.name]
                self.tagged.pop(job.arn, None)
            self.listed[job.name] = job
            yield job

    def describe(self, name: str) -> ObservedJob | None:
        """Return what is known of a finished job, or ask the account."""
        known = self.described.get(name)
        if known is not None:
            return known
        read = self.inner.describe(name)
        if read is not None and not read.is_under_way and name in self.listed:
            self.described[name] = read
        return read

    def tags(self, arn: str) -> dict[str, str] | None:
        """Return the tags as they were read first, or ask the account."""
        if arn not in self.tagged:
            read = self.inner.tags(arn)
            if read is None:
                return None
            self.tagged[arn] = read
        return self.tagged[arn]
