"""Which jobs ``stop``, ``destroy`` and ``prune`` are meant for. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from reconciler.cli.endings.planning import EndingChoice
from reconciler.cli.options.declared import DeclaredJobs
from reconciler.core.attempts import attempt_number
from reconciler.core.declaration import Declaration
from reconciler.core.identity import Identity, JobName
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ownership import LOGICAL_NAME, logical_name_tag


def named_jobs(names: Collection[str]) -> EndingChoice:
    """Return the choice of jobs by their names, to be stopped."""
    parsed = [name for text in names if (name := JobName.parse(text)) is not None]
    return EndingChoice(
        owners=frozenset(name.identity.owner for name in parsed),
        is_named=frozenset(names).__contains__,
        chosen=_all,
        deletes_records=False,
        reason="asked for by name",
    )


def declared_jobs(
    selected: Sequence[Declaration],
    declarations: Iterable[Declaration],
    *,
    deletes_records: bool,
    reason: str,
) -> EndingChoice:
    """Return the choice of all jobs of declarations, of older generations as well.

    Args:
        selected: The declarations whose jobs are meant.
        declarations: All that are declared: the existing jobs that they name are spared.
        deletes_records: Whether records of ended jobs are deleted.
        reason: Why the jobs end.
    """
    managed = [each for each in selected if each.existing_job is None]
    spared = _existing(declarations)
    prefixes = tuple({each.identity.family_prefix for each in managed})
    identities = {each.identity for each in managed}
    tags = {(each.owner, logical_name_tag(each.logical_name)) for each in managed}

    def is_meant(job: ObservedJob) -> bool:
        name, tag = job.job_name, (job.tags or {}).get(LOGICAL_NAME, "")
        if name is None:
            return False
        return name.identity in identities or (name.identity.owner, tag) in tags

    def chosen(jobs: Sequence[ObservedJob]) -> Collection[str]:
        return [job.name for job in jobs if is_meant(job)]

    return EndingChoice(
        owners=frozenset(each.owner for each in managed),
        is_named=lambda name: name.startswith(prefixes) and name not in spared,
        chosen=chosen,
        deletes_records=deletes_records,
        reason=reason,
    )


def old_records(declared: DeclaredJobs, *, keep_last: int, ended_before: datetime) -> EndingChoice:
    """Return the choice of finished records that are neither needed nor new.

    Args:
        declared: All that is declared: what ``apply`` would miss is kept.
        keep_last: How many records of each logical name are kept, the newest ones.
        ended_before: Records of jobs that ended later are kept.
    """
    identities = frozenset(each.identity for each in declared.declarations)
    spared = _existing(declared.declarations)
    owners = frozenset(each.owner for each in declared.declarations)

    def chosen(jobs: Sequence[ObservedJob]) -> Collection[str]:
        finished = [job for job in jobs if not job.is_under_way]
        needed = _needed(finished, identities)
        return [
            job.name
            for job in _beyond_newest(finished, keep_last)
            if job.name not in needed
            and (job.changed or job.created) < ended_before
            and declared.patterns.selects((job.tags or {}).get(LOGICAL_NAME, ""))
        ]

    return EndingChoice(
        owners=owners | declared.owners,
        is_named=lambda name: name not in spared,
        chosen=chosen,
        deletes_records=True,
        reason="an old record that nothing needs",
    )


def _existing(declarations: Iterable[Declaration]) -> frozenset[str | None]:
    """Return the names of the existing jobs that declarations name: they are never ended."""
    return frozenset(each.existing_job for each in declarations)


def _all(jobs: Sequence[ObservedJob]) -> Collection[str]:
    return [job.name for job in jobs]


def _needed(jobs: Iterable[ObservedJob], declared: Collection[Identity]) -> set[str]:
    """Return the names of declared jobs that a plan looks at: compiled ones, the last attempt.

    Without the last attempt of a job that failed, the next apply would compile it again.
    """
    attempts = defaultdict(list)
    for job in jobs:
        if job.job_name is not None and job.job_name.identity in declared:
            attempts[job.job_name.identity].append(job)
    return {
        job.name
        for each in attempts.values()
        for job in each
        if job.phase is Phase.COMPLETED or job is max(each, key=attempt_number)
    }


def _beyond_newest(jobs: Iterable[ObservedJob], count: int) -> list[ObservedJob]:
    """Return the jobs that are not among the newest of their logical name."""
    by_name = defaultdict(list)
    for job in sorted(jobs, key=lambda job: (job.created, job.name), reverse=True):
        by_name[(job.tags or {}).get(LOGICAL_NAME, "")].append(job)
    return [job for each in by_name.values() for job in each[count:]]
