"""The pace of a pass: as fast as the service takes calls, whether it keeps a stock or not."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from reconciler.engine.backoff import MAX_DELAY, MAX_FAILURES, Backoff
from tests.fakes.gateway import FakeClock

LATENCY = 0.05
CALLS = 300


def backoff_of(clock: FakeClock) -> Backoff:
    return Backoff(clock, clock.advance, clock.now() + timedelta(days=1))


def accepted(clock: FakeClock, backoff: Backoff, takes: Callable[[], bool], calls: int) -> int:
    """Make calls until so many are accepted; return how many were throttled."""
    throttled = 0
    while calls:
        backoff.wait()
        clock.advance(LATENCY)
        if takes():
            backoff.succeeded()
            calls -= 1
        else:
            backoff.throttled()
            throttled += 1
        assert backoff.has_time()
    return throttled


@pytest.mark.parametrize(("interval", "factor"), [(0.1, 1.5), (0.5, 1.1), (2.0, 1.1)])
@pytest.mark.parametrize("stock", [1, 2, 10])
def test_a_rate_is_used_up_whether_the_service_keeps_a_stock_or_not(
    interval: float, factor: float, stock: int
) -> None:
    clock = FakeClock()
    backoff = backoff_of(clock)
    began = last = clock.time
    left = 0.0

    def takes() -> bool:
        nonlocal left, last
        left = min(stock, left + (clock.time - last) / interval)
        last = clock.time
        if left < 1:
            return False
        left -= 1
        return True

    throttled = accepted(clock, backoff, takes, CALLS)
    assert clock.time - began < factor * CALLS * interval
    assert throttled < CALLS


def test_a_throttle_by_chance_is_soon_forgotten() -> None:
    clock = FakeClock()
    backoff = backoff_of(clock)
    backoff.throttled()
    accepted(clock, backoff, lambda: True, 12)
    began = clock.time
    accepted(clock, backoff, lambda: True, 1)
    assert clock.time - began == pytest.approx(LATENCY)


def test_a_fifth_of_all_calls_throttled_costs_no_more_than_pauses() -> None:
    clock, chance = FakeClock(), random.Random(1)
    began = clock.time
    accepted(clock, backoff_of(clock), lambda: chance.random() > 0.2, CALLS)
    assert clock.time - began < CALLS * 0.5


def test_a_service_that_takes_nothing_ends_the_pass_after_longer_and_longer_pauses() -> None:
    clock = FakeClock()
    backoff, pauses = backoff_of(clock), []
    while backoff.has_time():
        before = clock.time
        backoff.wait()
        pauses.append(clock.time - before)
        backoff.throttled()
    assert len(pauses) == MAX_FAILURES
    assert pauses == sorted(pauses)
    assert pauses[-1] == MAX_DELAY


def test_calls_of_another_kind_begin_without_a_pause() -> None:
    clock = FakeClock()
    backoff = backoff_of(clock)
    backoff.throttled()
    backoff.succeeded()
    backoff.reset()
    before = clock.time
    backoff.wait()
    assert clock.time == before
