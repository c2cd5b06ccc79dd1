"""What an apply did: a line a job, and one that sums it up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.cli.plans.applying import OwnerRun
from reconciler.core.observed import JobStatus

_CHANGED: Final = {
    "create": "created", "next attempt": "created again", "retag": "retagged", "stop": "stopped",
    "delete": "records deleted",
}  # fmt: skip
_RUNNING: Final = frozenset({JobStatus.STARTING.value, JobStatus.INPROGRESS.value})


def render(runs: Sequence[OwnerRun]) -> str:
    """Return the result table."""
    text = [line for run in runs for line in _lines(run)]
    return "\n".join([*text, summary(runs)]) + "\n"


def summary(runs: Sequence[OwnerRun]) -> str:
    """Return what was changed, and how the jobs are, in one line."""
    counts = {text: sum(run.counts.get(kind, 0) for run in runs) for kind, text in _CHANGED.items()}
    changed = ", ".join(f"{count} {text}" for text, count in counts.items() if count)
    statuses = [entry.status for run in runs for entry in run.entries().values()]
    compiled = statuses.count(JobStatus.COMPLETED.value)
    running = sum(status in _RUNNING for status in statuses)
    failed = sum(len(run.failures()) for run in runs)
    return (
        f"Applied: {changed or 'no changes'}. "
        f"{compiled} compiled, {running} running, {failed} failed."
    )


def _lines(run: OwnerRun) -> Iterator[str]:
    failures = run.failures()
    for name, entry in sorted(run.entries().items()):
        why = failures.pop(name, "") or entry.artifact or entry.reason
        digest = f"  {entry.digest}" if entry.digest else ""
        yield f"  {entry.status:<10} {name} ({entry.name})  {why}{digest}"
    for name, reason in sorted(failures.items()):
        yield f"  {'not done':<10} {name}  {reason}"
