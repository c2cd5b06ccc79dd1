"""How long the jobs of a fleet took to compile before: earlier attempts and older declarations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from reconciler.cli.fleets.status import JobRow
from reconciler.core.identity import Identity, JobName
from reconciler.core.observed import ObservedJob

LONGEST: Final = 20
"""So many compilations of a job are shown, the newest ones."""


@dataclass(frozen=True, slots=True)
class PastCompilation:
    """One compilation job that has ended.

    Attributes:
        seconds: How long it compiled; None if that is not known.
    """

    job: str
    created: datetime
    status: str
    seconds: float | None = None

    @staticmethod
    def of(job: ObservedJob) -> PastCompilation:
        """Return what List or Describe tells of a job that has ended."""
        seconds = None
        if job.started is not None and job.ended is not None:
            seconds = (job.ended - job.started).total_seconds()
        return PastCompilation(job.name, job.created, job.status.value, seconds)


History: TypeAlias = Mapping[str, Sequence[PastCompilation]]
"""What was compiled before, by the name of the job that stands for it now, newest first."""


def history_of(rows: Iterable[JobRow], past: Iterable[PastCompilation]) -> History:
    """Return the past of each row: its own attempts, and those of its older declarations.

    Older declarations are found by the part of the name that they share. Names that shorten to
    the same text share it too, so attempts of another row are never taken.
    """
    names = [name for row in rows if (name := JobName.parse(row.job)) is not None]
    present = {name.identity for name in names}
    own: dict[Identity, list[PastCompilation]] = defaultdict(list)
    family: dict[str, list[PastCompilation]] = defaultdict(list)
    for each in past:
        name = JobName.parse(each.job)
        if name is not None and name.identity in present:
            own[name.identity].append(each)
        elif name is not None:
            family[name.identity.family_prefix].append(each)
    return {
        str(name): _newest([*own[name.identity], *family[name.identity.family_prefix]])
        for name in names
    }


def _newest(past: Iterable[PastCompilation]) -> tuple[PastCompilation, ...]:
    return tuple(sorted(past, key=lambda each: each.created, reverse=True)[:LONGEST])
