"""What each error means for the job, or the pass, that met it. The only such table.

    error            until IAM_LAG is over       later
    ---------------  --------------------------  ---------------------------
    Throttled        pending                     pending
    Unavailable      pending                     pending
    LimitExceeded    pending                     pending
    NameInUse        pending                     pending
    WriteConflict    pending                     pending
    RoleNotReady     pending                     failed: permission
    Denied           pending                     failed: permission
    Invalid          failed: refused             failed: refused
    RequestRejected  failed: refused             failed: refused

IAM_LAG counts from the beginning of the operation: a deployment that makes a role, or a policy of
the handler, may be the first to use it. NameInUse is pending since the next look at the account
shows whose job has the name.

An error that one job's call raises is that job's: the others go on. An error that a call for all
jobs raises (List, the lease, the state in S3) ends the pass.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, TypeAlias

from reconciler.core.completion import Failed, Pending
from reconciler.core.contract import IAM_LAG
from reconciler.core.failure import FailureKind
from reconciler.core.ports import (
    Denied,
    NameInUse,
    PortError,
    RoleNotReady,
    Transient,
    WriteConflict,
)

_CHECK_ROLE: Final = (
    "IAM's delay is over (2 minutes): check the role's trust policy and permissions, and "
    "iam:PassRole of the caller."
)
_GRANT: Final = "Grant the caller that permission."


class RequestRejected(Exception):
    """The rules, the organisation's policy or the model's version forbid the request."""


JobError: TypeAlias = PortError | RequestRejected


def outcome_of(error: JobError, elapsed: timedelta) -> Pending | Failed:
    """Return what an error means this long after the operation began."""
    match error:
        case RoleNotReady() | Denied() if elapsed <= IAM_LAG:
            return Pending(str(error))
        case RoleNotReady():
            return Failed(str(error), _CHECK_ROLE, FailureKind.PERMISSION.value)
        case Denied():
            return Failed(str(error), _GRANT, FailureKind.PERMISSION.value)
        case Transient() | NameInUse() | WriteConflict():
            return Pending(str(error))
        case _:
            return Failed(str(error))
