"""The time window in which a job may be created.

It distinguishes a name that stays taken by a deleted record from a job that was just created and
is not visible yet.

Polls share no memory, and reads may lag behind. So an operation's time is cut into rounds of four
parts: jobs are created under the name that is planned; quiet; jobs are created under a later name;
quiet. A quiet is as long as reads are taken to lag, so whatever was created before it is seen
after it, and two names are never tried in turn. The name that is still unseen after the first
quiet is passed over without being tried again: that it is in use would not tell whose it is, since
a create may have been accepted and its answer lost. Each round passes over one name more. The
first part outlasts IAM_LAG, so that a role that is never ready fails the operation as soon as that
is over.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from reconciler.core.contract import NAME_TAKEN, POLL_INTERVAL, SETTLE

OPEN: Final = timedelta(seconds=150)
PASSING: Final = NAME_TAKEN + POLL_INTERVAL
ROUND: Final = PASSING + SETTLE


def may_create(elapsed: timedelta) -> bool:
    """Return whether a job may be created this long after the operation began."""
    time = elapsed % ROUND
    return time < OPEN or NAME_TAKEN <= time < PASSING


def names_passed_over(elapsed: timedelta) -> int:
    """Return how many names, from the one that is planned, are passed over by a create now."""
    rounds, time = divmod(elapsed, ROUND)
    return rounds + 1 if time >= NAME_TAKEN else 0
