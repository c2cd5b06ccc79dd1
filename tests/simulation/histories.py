"""Random histories: how one is named, what playing it gives, how a failing one is made shorter."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from tests.simulation.cloudformation.answer_invariants import Violation

LONG: Final = 50
"""Steps of a long history."""


@dataclass(frozen=True, slots=True)
class Script:
    """The name of a history: the same script always gives the same history.

    Attributes:
        seed: What all chance comes from.
        steps: How many steps are made.
        skipped: The numbers of the steps, from 0, that are left out.
    """

    seed: int
    steps: int = LONG
    skipped: frozenset[int] = frozenset()

    def numbers(self) -> Iterator[int]:
        """Return the numbers of the steps that are made."""
        return (number for number in range(self.steps) if number not in self.skipped)

    def arguments(self) -> str:
        """Return the script as arguments of the command that replays it."""
        skipped = ",".join(str(number) for number in sorted(self.skipped))
        return f"{self.seed} --steps {self.steps}" + (f" --skip {skipped}" if skipped else "")


@dataclass(frozen=True, slots=True)
class Played:
    """What a history came to.

    Attributes:
        violations: The invariants that did not hold.
        done: Each step with its time.
        seconds: How much simulated time passed.
        visited: How often it met what is rare.
    """

    violations: tuple[Violation, ...]
    done: tuple[str, ...]
    seconds: float
    visited: Counter[str] = field(default_factory=Counter)


class Histories(Protocol):
    """One kind of history.

    Attributes:
        name: What the command that replays a history calls the kind.
        options: Further arguments of that command.
    """

    @property
    def name(self) -> str: ...

    @property
    def options(self) -> str: ...

    def play(self, script: Script) -> Played:
        """Play a history to its end; an error of what is under test is a violation."""
        ...


def shortened(kind: Histories, script: Script) -> Script:
    """Return a part of a failing history that fails too, with no step that could be left out."""
    for steps in range(script.steps):
        if kind.play(replace(script, steps=steps)).violations:
            script = replace(script, steps=steps)
            break
    while (shorter := _without_a_step(kind, script)) != script:
        script = shorter
    return script


def _without_a_step(kind: Histories, script: Script) -> Script:
    """Return the script without one of its steps, if it fails without it, or as it is."""
    for number in reversed([*script.numbers()]):
        shorter = replace(script, skipped=script.skipped | {number})
        if kind.play(shorter).violations:
            return shorter
    return script


def failure(kind: Histories, script: Script) -> str:
    """Return the report of a failing history: seed, shortened script, and how to replay it."""
    short = shortened(kind, script)
    return f"{kind.name}, seed {script.seed}\n{report(kind.play(short))}\n{command(kind, short)}"


def report(played: Played) -> str:
    """Return the violations of a history and its steps, one a line."""
    found = [f"{each.invariant}: {each.text}" for each in played.violations]
    return "\n".join([*found, *(f"    {step}" for step in played.done)])


def command(kind: Histories, script: Script) -> str:
    """Return the command that replays a history."""
    words = ["python -m tests.simulation.replay", kind.name, script.arguments(), kind.options]
    return "replay: " + " ".join(word for word in words if word)


def option(name: str, value: str) -> str:
    """Return an option of the command that replays a history; nothing for an empty value."""
    return f"--{name} {shlex.quote(value)}" if value else ""
