"""Playing what is left of some suites, in several processes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import zip_longest
from multiprocessing import get_context
from typing import Final

from benchmarks.long_run.journal import Journal, Part
from benchmarks.long_run.parts import Suite

WORKERS: Final = "processes at a time; 0 only writes the figures of what is already played"
Work = tuple[Suite, int]


def play(work: Work) -> Part:
    """Play one part."""
    suite, number = work
    began, worked = time.monotonic(), time.process_time()
    tally = suite.play(number)
    return Part(tally, time.time(), time.monotonic() - began, time.process_time() - worked)


def left(journal: Journal, played: Sequence[Suite]) -> Iterator[Work]:
    """Return the parts that are left to play: one of each suite, then the next of each."""
    rows = ([(suite, part) for part in range(suite.parts)] for suite in played)
    for row in zip_longest(*rows):
        for work in row:
            if work is not None and not journal.has(*work):
                yield work


def play_all(journal: Journal, work: Sequence[Work], workers: int) -> Iterator[Suite]:
    """Play parts in several processes and keep them; yield the suite of each that has ended.

    Without workers nothing is played.
    """
    if not workers:
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        under_way = {pool.submit(play, each): each for each in work}
        try:
            for done in as_completed(under_way):
                journal.keep(*under_way[done], done.result())
                yield under_way[done][0]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
