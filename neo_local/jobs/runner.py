"""Runs the jobs: a few at a time, the others wait as STARTING."""

from __future__ import annotations

import dataclasses
import queue
import threading
import traceback
from collections.abc import Callable
from typing import Protocol

from neo_local.faults import Faults
from neo_local.jobs.control import Control
from neo_local.jobs.job import Job, Status
from neo_local.jobs.outcome import Compiled, JobFailed, JobStopped, JobTimedOut
from neo_local.jobs.store import JobStore

MAX_REASON = 1024
INTERNAL_ERROR = (
    "ServerError: There was an internal server error during the compilation job, please try again "
    "in a few minutes. (engine=neo_local: {})"
)


class Compiler(Protocol):
    """Does the work of one job."""

    def compile(self, job: Job, control: Control) -> Compiled:
        """Compile a job's model. Raises JobFailed, and what `control.check` raises."""
        ...

    def forget(self, arn: str) -> None:
        """Remove what is kept of a job that has ended and was deleted."""
        ...


class JobRunner:
    """A queue with `slots` threads. Safe for use by many threads."""

    def __init__(
        self,
        store: JobStore,
        faults: Faults,
        compiler: Compiler,
        slots: int,
        clock: Callable[[], float],
    ) -> None:
        self._store, self._faults, self._compiler, self._clock = store, faults, compiler, clock
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._running: dict[str, Control] = {}
        self._lock = threading.Lock()
        self._closing = False
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(slots)]

    def start(self) -> None:
        """Take up the work that a former process left, then serve."""
        for arn in self._store.settle_after_restart():
            self.submit(arn)
        for thread in self._threads:
            thread.start()

    def submit(self, arn: str) -> None:
        self._queue.put(arn)

    def forget(self, arn: str) -> None:
        """Remove what is kept of a deleted job."""
        self._compiler.forget(arn)

    def stop(self, arn: str) -> None:
        """Stop a job that is STOPPING: its process now, or at once if it never ran."""
        with self._lock:
            control = self._running.get(arn)
            if control is not None:
                control.stop()
            else:
                self._store.update(arn, self._finished(JobStopped()))

    def close(self) -> None:
        """End every running process and wait for the threads."""
        with self._lock:
            self._closing = True  # no job begins from here on
            for control in self._running.values():
                control.stop()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _serve(self) -> None:
        while not self._closing and (arn := self._queue.get()) is not None:
            self._run(arn)

    def _run(self, arn: str) -> None:
        with self._lock:
            if self._closing:
                return  # the job waits, and is taken up after a restart
            job = self._store.update(arn, self._started) if arn not in self._running else None
            if job is None or job.status is not Status.INPROGRESS:
                return
            control = self._running[arn] = Control(job.max_runtime_seconds)
        end = self._outcome(job, control)
        with self._lock:
            del self._running[arn]
            if not (self._closing and isinstance(end, JobStopped)):
                self._store.update(arn, self._finished(end))

    def _started(self, job: Job) -> Job:
        if job.status is not Status.STARTING or job.started is not None:
            return job
        return dataclasses.replace(job, status=Status.INPROGRESS, started=self._clock())

    def _outcome(self, job: Job, control: Control) -> Compiled | Exception:
        try:
            while self._faults.wait_while_held(0.1):
                control.check()
            self._check_role(job)
            return self._compiler.compile(job, control)
        except (JobFailed, JobStopped, JobTimedOut) as end:
            return end
        except Exception as bug:
            traceback.print_exc()
            return JobFailed(INTERNAL_ERROR.format(f"{type(bug).__name__}: {bug}"))

    def _check_role(self, job: Job) -> None:
        role = str(job.request["RoleArn"])
        lagging = not self._faults.role_is_assumable(role, self._clock())
        if lagging and self._faults.switches.iam_lag_shape == "job":
            raise JobFailed(
                "ClientError: Failed to assume role: An error occurred (AccessDenied) when calling "
                f"the AssumeRole operation: sagemaker.amazonaws.com is not authorized to perform: "
                f"sts:AssumeRole on resource: {role}"
            )

    def _finished(self, end: Compiled | Exception) -> Callable[[Job], Job]:
        def change(job: Job) -> Job:
            if job.status.terminal:
                return job
            ended = dataclasses.replace(job, ended=self._clock())
            if job.status is Status.STOPPING:
                return dataclasses.replace(ended, status=Status.STOPPED)
            return _with_end(ended, end)

        return change


def _with_end(job: Job, end: Compiled | Exception) -> Job:
    match end:
        case Compiled():
            return dataclasses.replace(
                job,
                status=Status.COMPLETED,
                artifact=end.artifact,
                digest=end.digest,
                inference_image=end.inference_image,
                derived_inputs=end.derived_inputs,
            )
        case JobStopped():
            return dataclasses.replace(job, status=Status.STOPPED)
        case JobTimedOut():
            reason = (
                "ClientError: TimeOut: The compilation job did not complete within "
                f"MaxRuntimeInSeconds ({job.max_runtime_seconds} seconds) and was stopped."
            )
        case _:
            reason = str(end)
    return dataclasses.replace(job, status=Status.FAILED, failure_reason=reason[:MAX_REASON])
