"""Every order in which the API calls of a few actors can happen, one run for each.

An actor is a blocking function whose calls travel through a turnstile; between two calls exactly
one actor runs. `explore` walks depth first through all choices of who goes next.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tests.fakes.gateway import Travel
from tests.simulation.cloudformation.provider_model import HandlerCrash

Answer = TypeVar("Answer")
Actor = Callable[[Travel], None]


@dataclass(slots=True)
class _Lane:
    """One actor's thread, stopped in front of its next call."""

    name: str
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    done: bool = False
    calls: int = 0


@dataclass(slots=True)
class Interleaving:
    """One run: `choices` says who goes at each fork, the first one where it says nothing.

    Attributes:
        deaths: Actors that die: at which of their calls (from 1), and whether after it.
        forks: What was chosen at each fork, and between how many.
        told: Who made which call, in order.
    """

    choices: list[int]
    preemptions: int | None = None
    """How often an actor that could go on may be made to wait; None is no limit."""
    calls: int | None = None
    """So many calls of each actor are made in every order, further ones after each other."""
    deaths: Mapping[str, tuple[int, bool]] = field(default_factory=dict)
    forks: list[tuple[int, int]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    _last: _Lane | None = None
    _turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _errors: list[BaseException] = field(default_factory=list)

    def run(self, actors: Mapping[str, Actor]) -> None:
        """Let all actors come to their end."""
        lanes = [_Lane(name) for name in actors]
        for lane in lanes:
            actor = actors[lane.name]
            threading.Thread(target=self._live, args=(lane, actor), daemon=True).start()
            self._turn.acquire()
        while ready := [lane for lane in lanes if not lane.done]:
            self._choose(ready).go.release()
            self._turn.acquire()
        if self._errors:
            raise self._errors[0]

    def _choose(self, ready: list[_Lane]) -> _Lane:
        last = self._last
        if self.calls is not None:
            ready = [lane for lane in ready if lane.calls < self.calls] or ready[:1]
        if last in ready:  # to go on is the first choice, the others are preemptions
            ready = [last, *(lane for lane in ready if lane is not last)]
            if self.preemptions == 0:
                ready = ready[:1]
        self._last = ready[0] if len(ready) == 1 else self._fork(ready)
        if self.preemptions is not None and last in ready and self._last is not last:
            self.preemptions -= 1
        return self._last

    def _fork(self, ready: list[_Lane]) -> _Lane:
        at = len(self.forks)
        chosen = self.choices[at] if at < len(self.choices) else 0
        self.forks.append((chosen, len(ready)))
        return ready[chosen]

    def _live(self, lane: _Lane, actor: Actor) -> None:
        def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
            self._turn.release()
            lane.go.acquire()
            lane.calls += 1
            self.told.append(f"{lane.name}: {operation}")
            death = self.deaths.get(lane.name)
            if death == (lane.calls, False):
                raise HandlerCrash(f"before {operation}")
            answer = commit()
            if death == (lane.calls, True):
                raise HandlerCrash(f"after {operation}")
            return answer

        try:
            actor(travel)
        except HandlerCrash:
            pass
        except BaseException as error:
            self._errors.append(error)
        finally:
            lane.done = True
            self._turn.release()


def explore(
    play: Callable[[Interleaving], None],
    *,
    preemptions: int | None = None,
    calls: int | None = None,
    deaths: Mapping[str, tuple[int, bool]] | None = None,
) -> int:
    """Play every interleaving; how many there are. `play` runs it and asserts what must hold."""

    def play_one(choices: list[int]) -> list[tuple[int, int]]:
        run = Interleaving(choices, preemptions, calls, deaths or {})
        try:
            play(run)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{replay_command(play.__name__, run.forks)}") from error
        return run.forks

    return explore_choices(play_one)


def replay_command(play: str, forks: Sequence[tuple[int, int]]) -> str:
    """Return the command that plays one order of calls again."""
    choices = [chosen for chosen, _ in forks]
    while choices and not choices[-1]:  # the first way is taken where nothing is said
        choices.pop()
    words = f"python -m tests.simulation.replay_order {play} --choices"
    return f"replay: {words} {','.join(map(str, choices)) or 0}"


def explore_choices(play: Callable[[list[int]], list[tuple[int, int]]]) -> int:
    """Play once for each way of choosing at every fork; how often that was.

    `play` follows the choices, then takes the first way at each further fork. It returns what was
    chosen at each fork, and between how many.
    """
    choices: list[int] = []
    count = 0
    while True:
        forks = play(choices)
        count += 1
        while forks and forks[-1][0] + 1 >= forks[-1][1]:
            forks.pop()
        if not forks:
            return count
        choices = [chosen for chosen, _ in forks[:-1]] + [forks[-1][0] + 1]
