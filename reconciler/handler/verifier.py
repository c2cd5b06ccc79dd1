"""What verifies artifacts, where the asset holds it.

It is packed where a construct asks for it (``verify=``), and imported when a job is COMPLETED: most
functions never verify, and most calls only wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.core.artifact_verdict import ArtifactVerdict
from reconciler.core.declaration import Declaration
from reconciler.core.observed import ObservedJob
from reconciler.core.ports import ObjectReader
from reconciler.engine.ports import Verifier

_CODE: Final = Path(__file__).parents[1] / "verification"


def packed_verifier(objects: ObjectReader) -> Verifier | None:
    """Return what verifies artifacts, or None if the asset does not hold it."""
    return _LateVerifier(objects) if _CODE.is_dir() else None


@dataclass(frozen=True, slots=True)
class _LateVerifier:
    objects: ObjectReader

    def verify(
        self, declaration: Declaration, job: ObservedJob, bucket_owner: str | None
    ) -> ArtifactVerdict:
        """Return what is wrong with the artifact of a COMPLETED job. Raises PortError."""
        from reconciler.verification.artifact_verifier import ArtifactVerifier

        return ArtifactVerifier(self.objects).verify(declaration, job, bucket_owner)
