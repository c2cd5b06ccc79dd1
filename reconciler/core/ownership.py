"""Which jobs are ours, and the tags that say so.

A job is ours only if its name parses and its tags name the same owner and id. A job whose name
looks like ours and whose tags do not is foreign: it is reported, and never stopped, deleted or
retagged. What DescribeCompilationJob says of a job never proves ownership.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reconciler.core.canonical import digest
from reconciler.core.declaration import Declaration
from reconciler.core.identity import JobName
from reconciler.core.observed import ObservedJob
from reconciler.core.version import VERSION

MANAGED_BY: Final = "neo:managed-by"
OWNER: Final = "neo:owner"
LOGICAL_NAME: Final = "neo:logical-name"
ID: Final = "neo:id"
ATTEMPT: Final = "neo:attempt"
OPERATION: Final = "neo:operation"
SETTINGS: Final = "neo:settings"
LIBRARY_VERSION: Final = "neo:version"

MANAGER: Final = "neo-as-code"
_MAX_TAG_VALUE: Final = 256
_TAG_PUNCTUATION: Final = frozenset(" _.:/=+-@")


class Ownership(StrEnum):
    """Whose a job is."""

    OURS = "ours"
    FOREIGN = "foreign"
    UNREAD = "unread"  # its tags have not been read


def ownership(job: ObservedJob) -> Ownership:
    """Return whose a job is, by its name and tags."""
    name = job.job_name
    if name is None:
        return Ownership.FOREIGN
    if job.tags is None:
        return Ownership.UNREAD
    agrees = (
        job.tags.get(MANAGED_BY) == MANAGER
        and job.tags.get(OWNER) == name.identity.owner.name
        and job.tags.get(ID) == name.identity.id
        and job.tags.get(ATTEMPT) == str(name.attempt)
    )
    return Ownership.OURS if agrees else Ownership.FOREIGN


def belongs_to(job: ObservedJob, logical_name: str) -> bool:
    """Return whether a job of ours was created for the declaration of this name."""
    return job.tags is not None and job.tags.get(LOGICAL_NAME) == logical_name_tag(logical_name)


def ownership_tags(
    declaration: Declaration, name: JobName, operation: str
) -> tuple[tuple[str, str], ...]:
    """Return the tags that a job is created with: the user's, and those that make it ours.

    Args:
        declaration: What is declared; its own tags come first.
        name: The job's name.
        operation: The id of the operation that creates it: a CloudFormation RequestId, or an
            apply's id.
    """
    ours = {
        MANAGED_BY: MANAGER,
        OWNER: name.identity.owner.name,
        LOGICAL_NAME: logical_name_tag(declaration.logical_name),
        ID: name.identity.id,
        ATTEMPT: str(name.attempt),
        OPERATION: operation,
        SETTINGS: declaration.settings_digest,
        LIBRARY_VERSION: VERSION,
    }
    users = [(key, value) for key, value in declaration.request.tags if key not in ours]
    return (*users, *ours.items())


def logical_name_tag(logical_name: str) -> str:
    """Return a logical name as a tag's value: itself if a tag can hold it, else its digest.

    Source: Tag.Value, at most 256 characters of letters, numbers, separators and ``_.:/=+-@``.
    """
    fits = len(logical_name) <= _MAX_TAG_VALUE and all(
        character.isalnum() or character in _TAG_PUNCTUATION for character in logical_name
    )
    return logical_name if fits and logical_name.strip() else f"sha256:{digest(logical_name, 52)}"
