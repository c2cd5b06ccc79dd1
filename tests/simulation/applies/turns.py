"""Actors that run at the same time in virtual time: chance decides at each call who goes next.

Only one of them runs at any moment, each in a thread of its own, so a seed names a history. An
actor that runs alone needs no thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tests.fakes.gateway import FakeClock


@dataclass(slots=True, eq=False)
class Lane:
    """One actor; stopped in front of its next call, or asleep.

    Attributes:
        wakes: When it goes on, if it sleeps.
    """

    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    wakes: float = 0.0
    done: bool = False


class Chooser(Protocol):
    """Chooses who goes next; ``random.Random`` is one."""

    def choice(self, lanes: Sequence[Lane], /) -> Lane: ...


@dataclass(slots=True)
class Turns:
    """Lets actors run, one at a time."""

    clock: FakeClock
    chooser: Chooser
    now: int = 0
    """Whose turn it is: the actor's number."""
    _lanes: list[Lane] = field(default_factory=list)
    _back: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _errors: list[BaseException] = field(default_factory=list)

    def run(self, actors: Sequence[Callable[[], None]]) -> None:
        """Let all actors come to their end. Raises what one of them raises."""
        self.now = 0
        if len(actors) == 1:
            actors[0]()
            return
        self._lanes = [Lane() for _ in actors]
        for lane, actor in zip(self._lanes, actors, strict=True):
            threading.Thread(target=self._live, args=(lane, actor), daemon=True).start()
        while left := [lane for lane in self._lanes if not lane.done]:
            chosen = self._choose(left)
            self.now = self._lanes.index(chosen)
            chosen.go.release()
            self._back.acquire()
        self._lanes = []
        if self._errors:
            raise self._errors[0]

    def switch(self) -> None:
        """Let whoever is to go next go; return when it is this actor's turn again."""
        if self._lanes:
            lane = self._lanes[self.now]
            self._back.release()
            lane.go.acquire()

    def sleep(self, seconds: float) -> None:
        """Wait so long in virtual time, others go on."""
        if not self._lanes:
            self.clock.advance(seconds)
            return
        self._lanes[self.now].wakes = self.clock.time + seconds
        self.switch()

    def _choose(self, left: Sequence[Lane]) -> Lane:
        awake = [lane for lane in left if lane.wakes <= self.clock.time]
        if not awake:
            first = min(left, key=lambda lane: lane.wakes)
            self.clock.advance(first.wakes - self.clock.time)
            return first
        return self.chooser.choice(awake)

    def _live(self, lane: Lane, actor: Callable[[], None]) -> None:
        lane.go.acquire()
        try:
            actor()
        except BaseException as error:
            self._errors.append(error)
        finally:
            lane.done = True
            self._back.release()
