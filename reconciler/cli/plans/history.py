"""How long compilations took, as List shows it without another call, and so how long they take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median

from reconciler.core.declaration import Declaration
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.output import target_label
from reconciler.engine.snapshot import FleetSnapshot


@dataclass(frozen=True, slots=True)
class CompileHistory:
    """How many seconds the compiled jobs of an account took: medians.

    Attributes:
        by_family: By what the names of every generation of a job begin with.
        by_target: By the target's name.
        of_all: Of all jobs; None if nothing was compiled yet.
    """

    by_family: Mapping[str, int]
    by_target: Mapping[str, int]
    of_all: int | None

    @staticmethod
    def of(snapshots: Iterable[FleetSnapshot]) -> CompileHistory:
        """Return the history that the jobs of all owners tell."""
        families: defaultdict[str, list[float]] = defaultdict(list)
        targets: defaultdict[str, list[float]] = defaultdict(list)
        for job in chain.from_iterable(map(_jobs, snapshots)):
            name, seconds = job.job_name, _seconds(job)
            if name is not None and seconds is not None:
                families[name.identity.family_prefix].append(seconds)
                targets[job.target].append(seconds)
        every = [seconds for times in targets.values() for seconds in times]
        return CompileHistory(
            _medians(families), _medians(targets), round(median(every)) if every else None
        )

    def expected(self, declaration: Declaration) -> int | None:
        """Return how long a job will probably take, or None if nothing was compiled yet.

        What earlier jobs of the same model and target took counts; of a new model, what other
        models took for the target; of a new target, what all took.
        """
        own = self.by_family.get(declaration.identity.family_prefix)
        if own is not None:
            return own
        return self.by_target.get(target_label(declaration.request), self.of_all)


def _medians(times: Mapping[str, Sequence[float]]) -> dict[str, int]:
    return {key: round(median(found)) for key, found in times.items()}


def _jobs(snapshot: FleetSnapshot) -> Iterator[ObservedJob]:
    return chain(snapshot.finished, *snapshot.attempts.values())


def _seconds(job: ObservedJob) -> float | None:
    """Return the seconds from CreationTime to the end: what a person waits for."""
    if job.phase is not Phase.COMPLETED or job.ended is None:
        return None
    return (job.ended - job.created).total_seconds()
