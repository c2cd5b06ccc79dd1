"""The jobs of the embedded endpoint, kept in memory and written through to SQLite.

Every change is one committed transaction, so that a killed process loses no answer it gave.
"""

from __future__ import annotations

import collections
import dataclasses
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from neo_local.jobs.job import Job, Status

_HISTORY_SECONDS = 600.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS job_by_arn (arn TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS used_arn (arn TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS calls (
    operation TEXT, outcome TEXT, count INTEGER NOT NULL, PRIMARY KEY (operation, outcome));
"""
RESTART_REASON = (
    "ServerError: There was an internal server error during the compilation job, please try again "
    "in a few minutes. (engine=neo_local: the embedded endpoint was stopped while the job ran.)"
)


class JobStore:
    """Safe for use by many threads; `locked` holds off every other change."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")  # survives a kill, if not a power cut
        self._db.executescript(_SCHEMA)
        rows = self._db.execute("SELECT body FROM job_by_arn").fetchall()
        self._jobs = {job.arn: job for job in (Job.from_json(body) for (body,) in rows)}
        self._past: dict[str, collections.deque[tuple[float, Job | None]]] = {}
        for job in self._jobs.values():
            self._remember(job.arn, job, 0.0)

    @contextmanager
    def locked(self) -> Iterator[None]:
        with self._lock:
            yield

    def get(self, arn: str) -> Job | None:
        with self._lock:
            return self._jobs.get(arn)

    def all(self) -> list[Job]:
        with self._lock:
            return list(self._jobs.values())

    def as_of(self, seconds_ago: float) -> list[Job]:
        """Return the jobs as they were, at most ten minutes ago and not before the last start."""
        if seconds_ago <= 0:
            return self.all()
        then = self._clock() - seconds_ago
        with self._lock:
            seen = [_latest(past, then) for past in self._past.values()]
        return [job for job in seen if job is not None]

    def put(self, job: Job) -> None:
        """Add or replace."""
        with self._lock:
            row = (job.arn, job.to_json())
            with self._db:  # commits, or rolls back
                self._db.execute("BEGIN")
                self._db.execute("INSERT OR REPLACE INTO job_by_arn VALUES (?, ?)", row)
                self._db.execute("INSERT OR IGNORE INTO used_arn VALUES (?)", (job.arn,))
            self._jobs[job.arn] = job
            self._remember(job.arn, job, self._clock())

    def update(self, arn: str, change: Callable[[Job], Job]) -> Job | None:
        """Apply `change` under the lock; None if the job is gone. An equal job is not written."""
        with self._lock:
            job = self._jobs.get(arn)
            if job is None:
                return None
            new = change(job)
            if new != job:
                self.put(dataclasses.replace(new, modified=self._clock()))
            return self._jobs[arn]

    def retag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Replace a job's tags; its LastModifiedTime stays, since the job is what it was."""
        with self._lock:
            self.put(dataclasses.replace(self._jobs[arn], tags=dict(tags)))

    def delete(self, arn: str) -> None:
        with self._lock:
            self._db.execute("DELETE FROM job_by_arn WHERE arn = ?", (arn,))
            del self._jobs[arn]
            self._remember(arn, None, self._clock())

    def was_used(self, arn: str) -> bool:
        """Return whether there ever was a job of this ARN, deleted or not."""
        with self._lock:
            found = self._db.execute("SELECT 1 FROM used_arn WHERE arn = ?", (arn,))
            return found.fetchone() is not None

    def count_call(self, operation: str, outcome: str) -> None:
        with self._lock:
            self._db.execute(
                "INSERT INTO calls VALUES (?, ?, 1)"
                " ON CONFLICT (operation, outcome) DO UPDATE SET count = count + 1",
                (operation, outcome),
            )

    def calls(self) -> dict[str, dict[str, int]]:
        """Return counts by operation and outcome ("accepted" or an error code)."""
        counts: dict[str, dict[str, int]] = {}
        with self._lock:
            rows = self._db.execute("SELECT * FROM calls ORDER BY 1, 2").fetchall()
        for operation, outcome, count in rows:
            counts.setdefault(operation, {})[outcome] = count
        return counts

    def settle_after_restart(self) -> list[str]:
        """End the jobs that ran when the last process ended; return the ARNs to be started."""
        waiting = []
        with self._lock:
            for job in sorted(self.all(), key=lambda one: one.created):
                if job.status is Status.STARTING:
                    waiting.append(job.arn)
                elif not job.status.terminal:
                    self.update(job.arn, self._interrupted)
        return waiting

    def _interrupted(self, job: Job) -> Job:
        if job.status is Status.STOPPING:
            return dataclasses.replace(job, status=Status.STOPPED, ended=self._clock())
        return dataclasses.replace(
            job, status=Status.FAILED, failure_reason=RESTART_REASON, ended=self._clock()
        )

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _remember(self, arn: str, job: Job | None, now: float) -> None:
        past = self._past.setdefault(arn, collections.deque())
        past.append((now, job))
        while len(past) > 1 and past[1][0] < now - _HISTORY_SECONDS:
            past.popleft()


def _latest(past: collections.deque[tuple[float, Job | None]], then: float) -> Job | None:
    before = [job for when, job in past if when <= then]
    return before[-1] if before else None
