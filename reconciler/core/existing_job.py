"""Decide about a declaration that names an existing job: it is read, and never changed.

The declaration is satisfied while the job is what it says. Whatever differs is a conflict, with
both values. Nothing is created in the job's place, and the job is never stopped, deleted or
retagged.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.declaration import Declaration
from reconciler.core.diff import FieldChange, diff
from reconciler.core.fields import OUTPUT_LOCATION, Role
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.plan import Await, Conflict, Keep, Reject


def existing_job_decision(
    declaration: Declaration, jobs: Sequence[ObservedJob]
) -> Keep | Await | Conflict | Reject:
    """Decide about a declaration by the job that it names; ``jobs`` is empty if there is none."""
    if not jobs:
        reason = f"the existing job {declaration.existing_job} does not exist"
        return Reject(declaration, declaration.identity.attempt(0), reason)
    job = jobs[-1]
    if changes := _differences(declaration, job):
        reason = f"declared otherwise than the existing job: {'; '.join(map(str, changes))}"
        return Conflict(declaration, job, reason)
    match job.phase:
        case Phase.LIVE | Phase.STOPPING:
            return Await(declaration, job, f"the existing job is {job.status}")
        case Phase.COMPLETED:
            return Keep(declaration, job, "an existing job, as declared")
        case Phase.ENDED:
            return Keep(declaration, job, f"the existing job is {job.status}")


def _differences(declaration: Declaration, job: ObservedJob) -> tuple[FieldChange, ...]:
    """Return the declared fields that the job has otherwise, or lacks.

    A setting that Describe does not show may have been dropped by the service.
    """
    described = job.described or {}
    request = declaration.request
    compiled = diff(request, described, Role.FINGERPRINT, missing_differs=True)
    return (
        *(change for change in compiled if not _is_same_folder(change)),
        *diff(request, described, Role.SETTING),
    )


def _is_same_folder(change: FieldChange) -> bool:
    folders = {str(each).rstrip("/") for each in (change.declared, change.observed)}
    return change.path == OUTPUT_LOCATION and len(folders) == 1
