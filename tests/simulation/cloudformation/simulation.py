"""A deterministic discrete-event simulation: virtual time, callbacks and blocking processes.

Events at the same instant happen in the order in which they were planned. Processes are
ordinary blocking functions (a Lambda handler making API calls); each has a thread of its own,
but exactly one thread runs at any moment, handed on explicitly, so histories are reproducible.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

EPOCH: Final = 1_700_000_000.0
"""Virtual time begins here, in seconds since 1970, so that timestamps look like real ones."""


class Killed(BaseException):
    """The process is to end at once, as a Lambda sandbox does; no handler may catch it."""


@dataclass(slots=True)
class Event:
    """Something planned; `cancel` makes it not happen."""

    time: float
    action: Callable[[], None] | None

    def cancel(self) -> None:
        self.action = None


@dataclass(slots=True)
class Process:
    """A blocking body that runs in virtual time."""

    name: str
    body: Callable[[], None] | None
    finished: bool = False
    killed: bool = False
    resume: Event | None = None
    baton: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class _Worker(threading.Thread):
    """A reusable thread: starting one for each Lambda invocation would dominate the run time."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(daemon=True)
        self._simulation = simulation
        self._wake = threading.Semaphore(0)
        self._process: Process | None = None

    def take(self, process: Process | None) -> None:
        self._process = process
        self._wake.release()

    def run(self) -> None:
        while True:
            self._wake.acquire()
            if self._process is None:
                return
            self._simulation._run_body(self._process)
            self._simulation._idle.append(self)
            self._simulation._baton.release()


class Simulation:
    """The clock, the queue of planned events, and the processes."""

    def __init__(self) -> None:
        self.now = EPOCH
        self._queue: list[tuple[float, int, Event]] = []
        self._count = 0
        self._horizon = float("inf")
        self._baton = threading.Semaphore(0)
        self._current: Process | None = None
        self._processes: list[Process] = []
        self._idle: list[_Worker] = []
        self._workers: list[_Worker] = []
        self._failure: BaseException | None = None

    def after(self, seconds: float, action: Callable[[], None]) -> Event:
        """Plan an action, `seconds` from now."""
        event = Event(self.now + max(0.0, seconds), action)
        self._count += 1
        heapq.heappush(self._queue, (event.time, self._count, event))
        return event

    def spawn(self, name: str, body: Callable[[], None]) -> Process:
        """Start a process at this instant."""
        process = Process(name, body)
        self._processes.append(process)
        process.resume = self.after(0, lambda: self._start(process))
        return process

    def wait(self, seconds: float) -> None:
        """Let virtual time pass for the running process; raises Killed if it is killed."""
        process = self._current
        if process is None:
            raise RuntimeError("only a process can wait")
        until = self.now + seconds
        if self._next_time() > until and until <= self._horizon:
            self.now = until
            return
        process.resume = self.after(seconds, lambda: self._hand_to(process))
        self._current = None
        self._baton.release()
        process.baton.acquire()
        if process.killed:
            raise Killed(process.name)

    def kill(self, process: Process) -> None:
        """End a process at this instant, wherever it waits; a finished one stays finished."""
        if process.finished or process.killed:
            return
        process.killed = True
        if process is self._current:
            raise Killed(process.name)
        if process.resume is not None:
            process.resume.cancel()
        process.resume = self.after(0, lambda: self._hand_to(process))

    def run(self, until: float = float("inf"), *, stop: Callable[[], bool] = lambda: False) -> None:
        """Let everything happen that is planned up to `until` (absolute), or until `stop`."""
        self._horizon = until
        while self._queue and self._queue[0][0] <= until:
            if stop():
                return
            time, _, event = heapq.heappop(self._queue)
            if event.action is not None:
                self.now = max(self.now, time)
                event.action()
                self._raise_failure()
        if until != float("inf"):
            self.now = max(self.now, until)

    def close(self) -> None:
        """End every process and thread; the simulation is over."""
        for process in self._processes:
            if not process.finished:
                self.kill(process)
        self._horizon = float("inf")
        kept = [entry for entry in self._queue if entry[0] <= self.now]
        self._queue.clear()
        for _, _, event in sorted(kept, key=lambda entry: entry[:2]):
            if event.action is not None:
                event.action()
        for worker in self._workers:
            worker.take(None)
        for worker in self._workers:
            worker.join(timeout=5)

    def _next_time(self) -> float:
        while self._queue and self._queue[0][2].action is None:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else float("inf")

    def _start(self, process: Process) -> None:
        if self._idle:
            worker = self._idle.pop()
        else:
            worker = _Worker(self)
            self._workers.append(worker)
            worker.start()
        self._current = process
        process.resume = None
        worker.take(process)
        self._baton.acquire()
        self._current = None

    def _hand_to(self, process: Process) -> None:
        if process.body is not None:  # killed before it started
            process.finished = True
            return
        if process.finished:
            return
        self._current = process
        process.resume = None
        process.baton.release()
        self._baton.acquire()
        self._current = None

    def _run_body(self, process: Process) -> None:
        body, process.body = process.body, None
        try:
            if body is not None:
                body()
        except Killed:
            pass
        except BaseException as error:
            self._failure = error
        finally:
            process.finished = True

    def _raise_failure(self) -> None:
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
