"""Names of metrics, and the values of their dimensions."""

from __future__ import annotations

import re
from typing import Final

NAMESPACE: Final = "NeoAsCode"

# Metrics.
JOBS_TOTAL: Final = "JobsTotal"
JOBS_COMPLETED: Final = "JobsCompleted"
JOBS_FAILED: Final = "JobsFailed"
JOBS_PENDING: Final = "JobsPending"
JOBS_CREATED: Final = "JobsCreated"
JOBS_STOPPED: Final = "JobsStopped"
JOBS_UNVERIFIED: Final = "JobsUnverified"
RECORDS_DELETED: Final = "RecordsDeleted"
QUOTA_REACHED: Final = "QuotaReached"
DRIFT_FOUND: Final = "DriftFound"
FAILURES_BY_CLASS: Final = "FailuresByClass"
COMPILE_SECONDS: Final = "CompileSeconds"

# Dimensions.
STACK: Final = "Stack"
JOB: Final = "Job"
FLEET: Final = "Fleet"
CLASS: Final = "Class"

# Classes of failures that are not a FailureKind.
REFUSED: Final = "refused"  # the request, by our rules, the organisation's policy or the service
CONFLICT: Final = "conflict"  # a job that is not ours has the name
DEADLINE: Final = "deadline"  # timed out
UNVERIFIED: Final = "unverified"  # COMPLETED, but the artifact is not what was ordered

_MOST: Final = 255
_FORBIDDEN: Final = re.compile(r"[^\x20-\x7e]")


def dimension(text: str) -> str:
    """Return a text as CloudWatch takes it for a dimension.

    Printable ASCII, at most 255 characters, not beginning with ":". Texts that differ only
    elsewhere become the same.
    """
    return _FORBIDDEN.sub("?", text).lstrip(": ")[:_MOST].rstrip() or "?"


def stack_name(stack_id: str) -> str:
    """Return the name in a stack's ARN."""
    return stack_id.split("/")[1]
