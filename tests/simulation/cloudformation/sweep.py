"""One sweep of an operation over a stack's resources, in the order of their dependencies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

Done = Callable[[bool], None]
"""Called once with whether it went well."""


@dataclass(slots=True)
class Sweep:
    """One sweep over resources: each step starts when those before it are done.

    A failing step ends the sweep at once unless `patient`: then it ends when nothing runs.
    """

    steps: dict[str, Callable[[Done], None]]
    after: dict[str, set[str]]
    on_end: Done
    patient: bool = False
    running: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    failed: bool = False
    ended: bool = False

    def advance(self) -> None:
        if self.ended:
            return
        if not (self.failed and self.patient):
            for name in list(self.steps):
                if self.after[name] <= self.finished and name in self.steps and not self.ended:
                    step = self.steps.pop(name)
                    self.running.add(name)
                    step(partial(self._step_done, name))
        if not self.ended and not self.running and (self.failed or not self.steps):
            self._end()

    def _step_done(self, name: str, ok: bool) -> None:
        if self.ended or name not in self.running:
            return
        self.running.discard(name)
        self.failed = self.failed or not ok
        if ok:
            self.finished.add(name)
        if not ok and not self.patient:
            self._end()
        else:
            self.advance()

    def _end(self) -> None:
        self.ended = True
        self.on_end(not self.failed)
