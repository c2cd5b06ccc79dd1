"""How long compilations took, as List shows it without another call, and so how long they take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from reconciler.core.identity import Identity
from reconciler.core.observed import ObservedJob, Phase


@dataclass(frozen=True, slots=True)
class CompileHistory:
    """The durations of an owner's compiled jobs, in seconds, by the beginning of their names."""

    by_family: Mapping[str, tuple[float, ...]]

    @staticmethod
    def of(jobs: Iterable[ObservedJob]) -> CompileHistory:
        """Return the history that these jobs tell."""
        found: defaultdict[str, list[float]] = defaultdict(list)
        for job in jobs:
            name, seconds = job.job_name, _seconds(job)
            if name is not None and seconds is not None:
                found[name.identity.family_prefix].append(seconds)
        return CompileHistory({prefix: tuple(times) for prefix, times in found.items()})

    def expected(self, identity: Identity) -> int | None:
        """Return how long a job will probably take, or None if nothing was compiled yet.

        What earlier jobs of the same model and target took counts; for a new one, what all took.
        """
        own = self.by_family.get(identity.family_prefix)
        times = own or tuple(each for family in self.by_family.values() for each in family)
        return round(median(times)) if times else None


def _seconds(job: ObservedJob) -> float | None:
    """Return the seconds from CreationTime to the end: what a person waits for."""
    if job.phase is not Phase.COMPLETED or job.changed is None:
        return None
    return (job.changed - job.created).total_seconds()
