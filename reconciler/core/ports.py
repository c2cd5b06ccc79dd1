"""The ports: how the outside is reached, as contracts, and the errors that cross them.

The boto3 adapters (``reconciler.aws``) and the tests' doubles implement them alike. No error but
those below comes out of a port:

    PortError
    ├── Transient            nothing is wrong for good: answer "pending", look again later
    │   ├── Throttled        too many requests
    │   ├── LimitExceeded    a quota of jobs is used up (ResourceLimitExceeded): later
    │   ├── RoleNotReady     IAM has not spread yet, or never will: bounded by the caller
    │   └── Unavailable      a 5xx, a broken connection, no time left in this call
    ├── NameInUse            CreateCompilationJob: the name is taken (ResourceInUse)
    ├── WriteConflict        another actor wrote the object in between
    ├── Denied               the caller lacks a permission; the message names it
    └── Invalid              the service refuses the request for good
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reconciler.core.canonical import Json
from reconciler.core.object_body import ObjectBody
from reconciler.core.observed import ObservedJob


class PortError(Exception):
    """Something that AWS answered other than success.

    Attributes:
        code: The AWS error code, or the name of a transport error.
        message: The service's own message.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code}: {message}")


class Transient(PortError):
    """Look again later."""


class Throttled(Transient):
    """Too many requests."""


class LimitExceeded(Transient):
    """The account's quota of compilation jobs is used up for now."""


class RoleNotReady(Transient):
    """A role, policy or pass-role permission is not there, or not there yet."""


class Unavailable(Transient):
    """The service, the network or the time of this call failed."""


class NameInUse(PortError):
    """A job of this name exists."""


class WriteConflict(PortError):
    """Another actor wrote the object in between; read it again."""


class Denied(PortError):
    """The caller lacks a permission."""


class Invalid(PortError):
    """The service will never take this request."""


class Gateway(Protocol):
    """Compilation jobs of one account and region.

    Every method may raise Transient, Denied or Invalid. Reads may lag behind writes.
    """

    def create(self, request: Mapping[str, Json]) -> str:
        """Start a job and return its ARN. Not idempotent by itself.

        An answer that got lost shows as NameInUse on the retry, or as Unavailable: either way
        the caller describes the name and judges by the tags. Raises NameInUse, LimitExceeded,
        RoleNotReady besides.
        """
        ...

    def describe(self, name: str) -> ObservedJob | None:
        """Return a job with ``described`` filled and without tags, or None if there is none."""
        ...

    def list(self, name_contains: str) -> Iterator[ObservedJob]:
        """Yield every job whose name contains the text, all for an empty one; newest first,
        without tags.

        Goes past empty pages; yields each name once, even if it moves between pages.
        """
        ...

    def tags(self, arn: str) -> dict[str, str] | None:
        """Return all tags of a job; None if there is no such job, or none yet."""
        ...

    def add_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Set tags, others stay. A job that is not there, or not yet, raises Unavailable."""
        ...

    def remove_tags(self, arn: str, keys: tuple[str, ...]) -> None:
        """Remove tags; keys that are not there are no error, a job that is not there as above."""
        ...

    def stop(self, name: str) -> None:
        """Ask a job to stop. A job that is gone or has ended is no error."""
        ...

    def delete(self, name: str) -> None:
        """Delete a finished job's record; a job that is gone is no error.

        A job that has not ended raises Transient: its status was read too early.
        """
        ...


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """An object's current version; empty where S3 keeps nothing of the kind.

    Attributes:
        version_id: VersionId.
        etag: ETag, without its quotes.
        sha256: ChecksumSHA256 in hex: of a whole object that was uploaded with one.
        size: ContentLength; None if it was not read.
        modified: LastModified; None if it was not read.
    """

    version_id: str = ""
    etag: str = ""
    sha256: str = ""
    size: int | None = None
    modified: datetime | None = None


class Artifacts(Protocol):
    """Objects in S3: models and what was compiled of them."""

    def head(
        self, s3_uri: str, bucket_owner: str | None, *, checksum: bool = False
    ) -> ObjectHead | None:
        """Return the object's current version (HeadObject), or None if there is no object.

        Args:
            s3_uri: ``s3://bucket/key``.
            bucket_owner: The account that must own the bucket, if it is known.
            checksum: Whether to ask for the SHA-256 too; of an object encrypted with a KMS key
                that needs kms:Decrypt.

        Raises Denied, Transient, and Invalid for what is not the URI of an object.
        """
        ...


class ObjectReader(Protocol):
    """Reads objects in S3 that may be too large for memory."""

    def open(self, s3_uri: str, bucket_owner: str | None) -> ObjectBody | None:
        """Return an object's bytes (GetObject), or None if there is no object.

        Reading them raises Transient if the connection breaks or the call's time is over; then the
        object is opened again.

        Args:
            s3_uri: ``s3://bucket/key``.
            bucket_owner: The account that must own the bucket, if it is known.

        Raises Denied, Transient, and Invalid for what is not the URI of an object.
        """
        ...


@dataclass(frozen=True, slots=True)
class StackView:
    """A stack's StackStatus and LastUpdatedTime (None before its first update)."""

    status: str
    last_updated: datetime | None


@dataclass(frozen=True, slots=True)
class StackResourceView:
    """What CloudFormation says of one resource.

    Attributes:
        physical_id: PhysicalResourceId; empty if it has none yet.
        status: ResourceStatus.
        changed: LastUpdatedTimestamp: when the status was reached.
    """

    physical_id: str
    status: str
    changed: datetime | None = None


class Stacks(Protocol):
    """CloudFormation's own view of stacks. Both methods may raise Transient and Denied."""

    def stack(self, stack_id: str) -> StackView | None:
        """Return the stack's state (DescribeStacks); None if CloudFormation does not know it."""
        ...

    def resources(self, stack_id: str) -> Mapping[str, StackResourceView]:
        """Return every resource of it by logical id (ListStackResources); empty if unknown."""
        ...


class Clock(Protocol):
    """The time, so that tests own it."""

    def now(self) -> datetime:
        """Return the current time, with its zone (UTC)."""
        ...
