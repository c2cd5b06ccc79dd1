"""The time window in which a job may be created.

It distinguishes a name that stays taken by a deleted record from a job that was just created and
is not visible yet.

Polls share no memory, and reads may lag behind. So an operation's time is cut into rounds: jobs
are created in the first half of one, never in the quiet that follows, and a name that is still
taken and unseen at the end of the quiet is passed over. What an operation creates has by then
been there for longer than reads are taken to lag. The first half outlasts IAM_LAG, so that a role
that is never ready fails the operation as soon as that is over.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from reconciler.core.contract import NAME_TAKEN

ROUND: Final = timedelta(seconds=260)
OPEN: Final = timedelta(seconds=150)


def may_create(elapsed: timedelta) -> bool:
    """Return whether a job may be created this long after the operation began."""
    return not OPEN <= elapsed % ROUND < NAME_TAKEN


def may_pass_over(elapsed: timedelta) -> bool:
    """Return whether a name that is taken by no visible job may be passed over now."""
    return elapsed % ROUND >= NAME_TAKEN
