"""When MiniStack's state is saved: after a pause, and in any case after a while."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from neo_local.ministack.checkpoints import Checkpoints


@dataclass
class Planned:
    """A call at a time, until it is cancelled."""

    when: float
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class Clock:
    """An event loop's clock and timers, which move when told."""

    now: int = 0
    planned: list[Planned] = field(default_factory=list)

    def time(self) -> float:
        return float(self.now)

    def call_at(self, when: float, callback: Callable[[], None], /) -> Planned:
        self.planned.append(Planned(when, callback))
        return self.planned[-1]

    def tick(self) -> None:
        self.now += 1
        due = [one for one in self.planned if one.when <= self.now and not one.cancelled]
        self.planned = [one for one in self.planned if one not in due]
        for one in due:
            one.callback()


def saved_at(changes: Collection[int]) -> list[int]:
    """Return when it is saved, with changes at these times; a pause is 10, the longest wait 50."""
    clock, saved = Clock(), list[int]()
    checkpoints = Checkpoints(lambda: saved.append(clock.now), 10, 50)
    while clock.now < 200:
        clock.tick()
        if clock.now in changes:
            checkpoints.note_change(clock)
    return saved


def test_a_change_is_saved_after_a_pause() -> None:
    assert saved_at([5, 10, 15, 90]) == [25, 100]


def test_changes_without_a_pause_are_saved_all_the_same() -> None:
    assert saved_at(range(5, 121, 5)) == [55, 105, 130]


def test_nothing_is_saved_without_a_change() -> None:
    assert saved_at([]) == []
