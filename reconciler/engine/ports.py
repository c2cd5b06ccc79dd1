"""What a pass reaches the outside by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reconciler.core.artifact_verdict import ArtifactVerdict
from reconciler.core.declaration import Declaration
from reconciler.core.observed import ObservedJob
from reconciler.core.ports import Artifacts, Clock, Gateway

if TYPE_CHECKING:
    from reconciler.rules.organisation_policy import OrganisationPolicy


class Progress(Protocol):
    """Where an actor reports what it does, as it does it: a log, or a terminal."""

    def __call__(self, event: str, **fields: str | int | float | bool | None) -> None:
        """Report one event with its fields."""
        ...


class Verifier(Protocol):
    """Compares artifacts with what was ordered, by reading them: nothing of them is run."""

    def verify(
        self, declaration: Declaration, job: ObservedJob, bucket_owner: str | None
    ) -> ArtifactVerdict:
        """Return what is wrong with the artifact of a COMPLETED job.

        Args:
            declaration: What was ordered.
            job: The job, with its artifact's URI and digest.
            bucket_owner: The account that must own the output bucket, if it is known.

        Raises PortError if the artifact, or the input model that it has to be compared with,
        cannot be read, or not in the time of this call.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything outside.

    Attributes:
        pause: Wait so many seconds.
        policy: What the organisation demands of every request, if anything.
        verifier: Verifies artifacts; None where nothing asks for it.
    """

    gateway: Gateway
    artifacts: Artifacts
    clock: Clock
    pause: Callable[[float], None]
    progress: Progress
    policy: OrganisationPolicy | None = None
    verifier: Verifier | None = None
