"""Findings about specs: their files' errors and every rule's, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reconciler.core.fleet.variables import has_reference, references_in
from reconciler.rules.families import cross_job
from reconciler.rules.families.check import check_job
from reconciler.rules.families.cross_job import NamedRequest
from reconciler.rules.finding import Finding, Severity
from reconciler.rules.job import IsDeployTime, never_deploy_time
from reconciler.specs import codes
from reconciler.specs.comments import CommentSuppression, suppressions_of
from reconciler.specs.job import SpecJob
from reconciler.specs.load import Found, Loaded
from reconciler.specs.source import Source
from reconciler.specs.yaml_reader import without_gc

if TYPE_CHECKING:
    from reconciler.rules.organisation_policy import OrganisationPolicy

_MARK: Final = "${"
_UNKNOWN_FIELD: Final = "NEO102"
_POLICY: Final = "NEO7"
_UNREADABLE: Final = frozenset({"NEO101", "NEO102", "NEO103", "NEO108", "NEO109", "NEO110"})
"""Without these a request can be neither read nor sent, whoever suppresses them."""

_MODEL_FILES: Final = "NEO8"
_OF_EXISTING: Final = ("NEO1", "NEO7")
"""Rules that hold for jobs that exist already: of the form of a request, and the organisation's."""
_ABOUT_ABSENCE: Final = frozenset({"NEO101", "NEO108", "NEO109", "NEO308", "NEO402", "NEO526"})
"""Rules about missing values; not reported for partial jobs, which something was left out of."""


@dataclass(frozen=True, slots=True)
class Located:
    """A finding with its place.

    Attributes:
        job: The logical name; "" for what concerns a whole file.
        more: How many other jobs have the same finding at the same place, if they were merged.
        other: Source and offset of the other one of two that conflict.
    """

    finding: Finding
    source: Source
    offset: int
    job: str = ""
    more: int = 0
    other: tuple[Source, int] | None = None

    @property
    def position(self) -> tuple[int, int]:
        """Line and column, both from 1."""
        return self.source.position(self.offset)

    @property
    def place(self) -> str:
        """File, line and column; of a source without text the name alone."""
        line, column = self.position
        return f"{self.source.name}:{line}:{column}" if self.source.text else self.source.name

    @property
    def other_position(self) -> tuple[str, int, int] | None:
        """File, line and column of the other one of two that conflict."""
        return self.other and (self.other[0].name, *self.other[0].position(self.other[1]))


def check(
    loaded: Loaded,
    *,
    region: str | None = None,
    policy: OrganisationPolicy | None = None,
    is_deploy_time: IsDeployTime = has_reference,
) -> list[Located]:
    """Return every finding about what was loaded, by file, line and column.

    Suppressed findings are left out. Those of a policy cannot be suppressed, nor can those of a
    request that cannot be read. A suppression that suppresses nothing is a finding of its own.
    """
    if is_deploy_time is has_reference and not _refer_to_variables(loaded):
        is_deploy_time = never_deploy_time
    with without_gc():
        return _checked(loaded, region, policy, is_deploy_time)


def _checked(
    loaded: Loaded,
    region: str | None,
    policy: OrganisationPolicy | None,
    is_deploy_time: IsDeployTime,
) -> list[Located]:
    found = [_in_file(item) for item in loaded.problems]
    about_jobs = list(_about_jobs(loaded.jobs, region, policy, is_deploy_time))
    kept, complaints = _Suppressing(loaded).apply(about_jobs)
    everything = [*found, *kept, *complaints]
    order = {id(source): number for number, source in enumerate(loaded.sources)}
    return sorted(everything, key=lambda item: (order.get(id(item.source), -1), item.offset))


def _refer_to_variables(loaded: Loaded) -> bool:
    """Return whether a reference is left in any job; asked once, instead of for each value."""
    return any(_MARK in source.text for source in loaded.sources) and any(
        references_in(job.wire) for job in loaded.jobs
    )


def _in_file(item: Found) -> Located:
    problem = item.problem
    other = None if problem.other is None else (item.source, problem.other)
    return Located(problem.finding, item.source, problem.offset, other=other)


def _about_jobs(
    jobs: list[SpecJob],
    region: str | None,
    policy: OrganisationPolicy | None,
    is_deploy_time: IsDeployTime,
) -> Iterator[tuple[SpecJob, Located]]:
    for job in jobs:
        findings = check_job(
            job.wire, region=region or job.region, policy=policy, is_deploy_time=is_deploy_time
        )
        if job.existing_job is not None:
            findings = [finding for finding in findings if finding.code.startswith(_OF_EXISTING)]
        for finding in findings:
            if not (job.partial and finding.code in _ABOUT_ABSENCE):
                yield job, _at(job, finding)
    named = [
        NamedRequest(job.name, job.wire, job.exact_output, job.owner or "", _place(job))
        for job in jobs
    ]
    for index, finding, other in cross_job.check(named, is_deploy_time):
        if jobs[index].existing_job is not None and finding.severity is not Severity.ERROR:
            continue
        found = _at(jobs[index], finding)
        if other is not None:
            there = _at(jobs[other], finding)
            found = replace(found, other=(there.source, there.offset))
        yield jobs[index], found


def _place(job: SpecJob) -> str:
    return f"{job.account or ''} {job.region or ''}"


def _at(job: SpecJob, finding: Finding) -> Located:
    source = job.origin.document.source
    offset = job.origin.offset(finding.path, key=finding.code == _UNKNOWN_FIELD)
    return Located(finding, source, offset, job.name)


def merged(found: Iterable[Located]) -> list[Located]:
    """Return one finding for those that jobs of a fleet share: same place, same message."""
    together: dict[tuple[int, int, Finding], Located] = {}
    for item in found:
        key = (id(item.source), item.offset, item.finding)
        first = together.setdefault(key, item)
        if first is not item:
            together[key] = replace(first, more=first.more + 1)
    return list(together.values())


class _Suppressing:
    """Removes suppressed findings and records which suppressions had an effect."""

    def __init__(self, loaded: Loaded) -> None:
        self._jobs = loaded.jobs
        self._comments: dict[int, list[CommentSuppression]] = {}
        self._sources = {id(source): source for source in loaded.sources}
        self._problems: list[Located] = []
        self._used: set[tuple[int, int, str]] = set()
        for source in loaded.sources:
            found, problems = suppressions_of(source)
            self._comments[id(source)] = found
            self._problems += [Located(item.finding, source, item.offset) for item in problems]

    def apply(self, found: list[tuple[SpecJob, Located]]) -> tuple[list[Located], list[Located]]:
        """Return the findings that are left, and those about the suppressions themselves."""
        kept = [item for job, item in found if not self._is_suppressed(job, item)]
        return kept, self._problems + list(self._unused())

    def _is_suppressed(self, job: SpecJob, item: Located) -> bool:
        code = item.finding.code
        if code.startswith(_POLICY) or code in _UNREADABLE:
            return False
        source = id(item.source)
        offsets = [entry.offset for entry in job.suppressed if entry.code == code]
        comments = self._comments.get(source)
        if comments:
            line = item.position[0]
            offsets += [
                entry.offset
                for entry in comments
                if entry.code == code and entry.line in (None, line)
            ]
        self._used.update((source, offset, code) for offset in offsets)
        return bool(offsets)

    def _unused(self) -> Iterator[Located]:
        seen: set[tuple[int, int, str]] = set()
        for job in self._jobs:
            source = job.origin.document.source
            for entry in job.suppressed:
                key = (id(source), entry.offset, entry.code)
                if key not in seen and _is_idle(entry.code, key in self._used):
                    yield _unused(source, entry.code, entry.offset)
                seen.add(key)
        for number, comments in self._comments.items():
            for comment in comments:
                used = (number, comment.offset, comment.code) in self._used
                if _is_idle(comment.code, used):
                    yield _unused(self._sources[number], comment.code, comment.offset)


def _is_idle(code: str, used: bool) -> bool:
    """Return whether a suppression has no effect; `inspect` reports rules about models."""
    return not used and not code.startswith(_MODEL_FILES)


def _unused(source: Source, code: str, offset: int) -> Located:
    finding = codes.UNUSED_SUPPRESSION.at(
        "", f"unused suppression of {code}", got=code, hint="Remove it."
    )
    return Located(finding, source, offset)
