"""Virtual time: ordered, reproducible, and able to end a process wherever it waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.cloudformation.simulation import EPOCH, Simulation


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    simulation = Simulation()
    yield simulation
    simulation.close()


def test_events_happen_in_order_and_take_no_time(simulation: Simulation) -> None:
    seen: list[tuple[str, float]] = []
    for name, seconds in (("b", 2e6), ("a", 1.0), ("c", 2e6)):
        simulation.after(seconds, lambda n=name: seen.append((n, simulation.now)))  # type: ignore[misc]
    simulation.run()
    assert seen == [("a", EPOCH + 1), ("b", EPOCH + 2e6), ("c", EPOCH + 2e6)]


def test_a_cancelled_event_does_not_happen(simulation: Simulation) -> None:
    seen: list[str] = []
    simulation.after(1, lambda: seen.append("x")).cancel()
    simulation.run()
    assert seen == []


def test_processes_take_turns_where_they_wait(simulation: Simulation) -> None:
    seen: list[str] = []

    def body(name: str, pause: float) -> None:
        for step in range(3):
            seen.append(f"{name}{step}")
            simulation.wait(pause)

    simulation.spawn("a", lambda: body("a", 2))
    simulation.spawn("b", lambda: body("b", 3))
    simulation.run()
    assert seen == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert simulation.now == EPOCH + 9


def test_time_stands_at_the_limit_of_a_run(simulation: Simulation) -> None:
    seen: list[float] = []

    def body() -> None:
        simulation.wait(100)
        seen.append(simulation.now)

    simulation.spawn("p", body)
    simulation.run(EPOCH + 30)
    assert (simulation.now, seen) == (EPOCH + 30, [])
    simulation.run(EPOCH + 200)
    assert seen == [EPOCH + 100]


def test_a_killed_process_does_nothing_more_and_its_cleanup_runs(simulation: Simulation) -> None:
    seen: list[str] = []

    def body() -> None:
        try:
            simulation.wait(50)
            seen.append("went on")
        except Exception:
            seen.append("was caught")
        finally:
            seen.append("cleaned up")

    process = simulation.spawn("p", body)
    simulation.after(10, lambda: simulation.kill(process))
    simulation.run()
    assert seen == ["cleaned up"]
    assert process.finished


def test_an_error_in_a_process_ends_the_run(simulation: Simulation) -> None:
    def body() -> None:
        simulation.wait(1)
        raise ValueError("a bug of the model")

    simulation.spawn("p", body)
    with pytest.raises(ValueError, match="a bug of the model"):
        simulation.run()
