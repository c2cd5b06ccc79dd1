"""Plain lines with the elapsed time in front: readable on a terminal and in a log."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

QUIET_SECONDS = 10.0


@dataclass(slots=True)
class Teller:
    """Tells a story; knows how long it has been silent."""

    began: float = field(default_factory=time.monotonic)
    spoke: float = field(default_factory=time.monotonic)
    chapters: list[tuple[str, float]] = field(default_factory=list)

    def line(self, text: str = "") -> None:
        """Print one line, with the time since the beginning."""
        self.spoke = time.monotonic()
        print(f"{self.spoke - self.began:6.1f} s  {text}".rstrip(), flush=True)

    def block(self, text: str) -> None:
        """Several lines, indented."""
        for line in text.splitlines():
            self.line(f"  {line}")

    def chapter(self, title: str) -> None:
        """Begin the next part of the story."""
        self.chapters.append((title, time.monotonic()))
        print(flush=True)
        self.line(f"{len(self.chapters)}. {title}")

    def beat(self, what: str) -> None:
        """Print a sign of life, if nothing was printed for a while."""
        if time.monotonic() - self.spoke >= QUIET_SECONDS:
            self.line(f"  ... {what}")

    def spent(self) -> list[tuple[str, float]]:
        """Return how long each part took."""
        ends = [start for _, start in self.chapters[1:]] + [time.monotonic()]
        return [
            (title, end - start) for (title, start), end in zip(self.chapters, ends, strict=True)
        ]
