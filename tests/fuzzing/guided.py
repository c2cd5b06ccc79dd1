"""A fuzzer that is guided by coverage: what reaches new branches is kept, and changed further.

Each run is made from a seed, so a failure names the input that was met, and the same seed meets it
again.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any, Final

from tests.paths import ROOT

_WATCHED: Final = str(ROOT / "reconciler")
_MOST_BYTES: Final = 20_000
_ODD: Final = (
    b"\x00", b"\xff" * 8, b"\x7f\xff\xff\xff", b"\x80" * 10, b"-1", b"0", b"1e999", b"9" * 400,
    b"null", b"true", b"[]", b"{}", b'""', b'"', b"\\ud800", b"[" * 60, b'{"a":' * 60, b"NaN",
    b"\xc3\xa9", b"\xf0\x9f\x98\x80", b"\n", b"${var.x}", b"s3://a/b", b"arn:aws:iam::1:role/x",
)  # fmt: skip

Arc = tuple[CodeType, int, int]


@contextmanager
def arcs(watched: str = _WATCHED) -> Iterator[set[Arc]]:
    """Collect the jumps from line to line in files whose path begins so; by default, our own."""
    found: set[Arc] = set()

    def enter(frame: FrameType, event: str, arg: object) -> Callable[..., Any] | None:
        code = frame.f_code
        if not code.co_filename.startswith(watched):
            return None
        last = frame.f_lineno

        def step(frame: FrameType, event: str, arg: object) -> Callable[..., Any]:
            nonlocal last
            if event == "line":
                found.add((code, last, frame.f_lineno))
                last = frame.f_lineno
            return step

        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield found
    finally:
        sys.settrace(before)


@dataclass
class Fuzzer:
    """Runs a subject on ever more inputs.

    Attributes:
        subject: What is tried; it raises what is a failure, and nothing else.
        corpus: Inputs that each reached something new.
        watched: How the paths of the files begin whose branches count.
        reached: What they reached.
    """

    subject: Callable[[bytes], object]
    corpus: list[bytes]
    chance: random.Random
    watched: str = _WATCHED
    reached: set[Arc] = field(default_factory=set)

    @staticmethod
    def of(
        subject: Callable[[bytes], object],
        seeds: Sequence[bytes],
        seed: int,
        watched: str = _WATCHED,
    ) -> Fuzzer:
        """Return a fuzzer that has run its first inputs."""
        made = Fuzzer(subject, list(seeds), random.Random(seed), watched)
        for each in seeds:
            made.try_input(each)
        return made

    def run(self, count: int) -> None:
        """Try so many further inputs. Raises AssertionError with the input that fails."""
        for _ in range(count):
            self.try_input(self._changed())

    def try_input(self, data: bytes) -> None:
        """Run the subject; keep the input if it reaches what none has reached before."""
        try:
            with arcs(self.watched) as found:
                self.subject(data)
        except Exception as error:
            raise AssertionError(
                f"{type(error).__name__}: {error}; the input is {data!r}"
            ) from error
        if found - self.reached:
            self.reached |= found
            self.corpus.append(data)

    def _changed(self) -> bytes:
        """Return an input of the corpus, changed; the latest finds are chosen more often."""
        chance = self.chance
        latest = self.corpus[-20:] if chance.random() < 0.5 else self.corpus
        data = bytearray(chance.choice(latest))
        for _ in range(chance.choice((1, 1, 1, 2, 4, 8))):
            at = chance.randrange(len(data) + 1)
            match chance.randrange(6):
                case 0 if at < len(data):
                    data[at] ^= 1 << chance.randrange(8)
                case 1:
                    del data[at : at + chance.choice((1, 4, 30, 300))]
                case 2:
                    data[at:at] = data[at : at + chance.choice((1, 16, 200))]
                case 3:
                    other = chance.choice(self.corpus)
                    start = chance.randrange(len(other) + 1)
                    data[at:at] = other[start : start + chance.choice((4, 30, 300))]
                case 4:
                    odd = chance.choice(_ODD)
                    data[at : at + chance.choice((0, len(odd)))] = odd
                case _:
                    end = at + chance.choice((1, 4, 12))
                    data[at:end] = chance.choice(_ODD)
        return bytes(data[:_MOST_BYTES])
