"""What an apply did: a line a job, what is known of each failure, and a summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from reconciler.cli.findings.printable import printable
from reconciler.cli.pages.failures import failure_pages
from reconciler.cli.plans.owner_run import RUNNING, OwnerRun
from reconciler.core.failure import failure_of
from reconciler.core.observed import JobStatus, ObservedJob, Phase

LOG_GROUP: Final = "/aws/sagemaker/CompilationJobs"
_CHANGED: Final = {
    "create": "created", "next attempt": "created again", "retag": "retagged", "stop": "stopped",
}  # fmt: skip
_DELETE: Final = "delete"
_INDENT: Final = " " * 13


def render(runs: Sequence[OwnerRun]) -> str:
    """Return the result table."""
    places = {run.place for run in runs}
    text: list[str] = []
    for place, group in groupby(runs, key=lambda run: run.place):
        lines = [printable(line) for run in group for line in _lines(run)]
        text += [place] if lines and len(places) > 1 else []
        text += lines
    return "\n".join([*text, summary(runs)]) + "\n"


def summary(runs: Sequence[OwnerRun]) -> str:
    """Return what was changed, and how the jobs are, in one line."""
    counts = {kind: sum(run.counts.get(kind, 0) for run in runs) for kind in (*_CHANGED, _DELETE)}
    words = {**_CHANGED, _DELETE: "record deleted" if counts[_DELETE] == 1 else "records deleted"}
    changed = ", ".join(f"{counts[kind]} {text}" for kind, text in words.items() if counts[kind])
    statuses = [entry.status for run in runs for entry in run.entries().values()]
    compiled = statuses.count(JobStatus.COMPLETED.value)
    running = sum(status in RUNNING for status in statuses)
    failed = sum(len(run.failures()) for run in runs)
    return (
        f"Applied: {changed or 'no changes'}. "
        f"{compiled} compiled, {running} running, {failed} failed."
    )


def _lines(run: OwnerRun) -> Iterator[str]:
    failures = run.failures()
    for name, entry in sorted(run.entries().items()):
        why, job = failures.pop(name, ""), run.observed().get(entry.name)
        digest = f"  {entry.digest}" if entry.digest else ""
        said = why or entry.artifact or entry.reason
        if why and job is not None and job.phase is Phase.ENDED:
            yield f"  {entry.status:<10} {name} ({entry.name})  {job.failure_reason}"
            yield from _explained(job)
        else:
            yield f"  {entry.status:<10} {name} ({entry.name})  {said}{digest}"
    for name, reason in sorted(failures.items()):
        yield f"  {'not done':<10} {name}  {reason}"


def _explained(job: ObservedJob) -> Iterator[str]:
    """Yield the class, the likely cause and the log stream of a job that ran and failed."""
    failure = failure_of(job.failure_reason, stopped=job.status is JobStatus.STOPPED)
    yield f"{_INDENT}class: {failure.kind.value}{f' ({failure.name})' if failure.name else ''}"
    if failure.name:
        yield f"{_INDENT}likely cause: {failure_pages()[failure.name]['cause']}"
    if failure.hint:
        yield f"{_INDENT}what to do: {failure.hint}"
    yield f"{_INDENT}log: {LOG_GROUP}, stream {job.name}"
