"""Whatever is read: no error but those of the contract, on inputs that seek new branches."""

from __future__ import annotations

import pytest

from tests.fuzzing.guided import Fuzzer
from tests.fuzzing.subjects import SUBJECTS

SEED = 20261121


@pytest.mark.search
@pytest.mark.parametrize("name", SUBJECTS)
def test_a_hundred_inputs_break_nothing(name: str) -> None:
    subject = SUBJECTS[name]()
    Fuzzer.of(subject.run, subject.seeds, SEED).run(100)


@pytest.mark.long
@pytest.mark.parametrize("part", range(2))
@pytest.mark.parametrize("name", SUBJECTS)
def test_thousands_of_inputs_break_nothing_and_reach_more_than_their_seeds(
    name: str, part: int
) -> None:
    subject = SUBJECTS[name]()
    fuzzer = Fuzzer.of(subject.run, subject.seeds, SEED + 1 + part)
    before = len(fuzzer.reached)
    fuzzer.run(2_000)
    assert len(fuzzer.reached) > before


def test_the_fuzzer_comes_through_three_locks_one_after_the_other() -> None:
    """Blind changes would have to open all of them at once: one in sixteen million."""
    opened: list[bytes] = []

    def subject(data: bytes) -> None:
        if data[:1] != b"{":
            return
        if data[1:2] != b"}":
            return
        if data[2:3] == b"[":
            opened.append(data)

    Fuzzer.of(subject, [b"abc"], seed=1, watched=__file__).run(3_000)
    assert opened
    blind = Fuzzer.of(subject, [b"abc"], seed=1, watched="nothing")
    opened.clear()
    blind.run(3_000)
    assert not opened


def test_a_failure_names_its_input() -> None:
    def subject(data: bytes) -> None:
        if b"9" in data:
            raise ZeroDivisionError("nine")

    fuzzer = Fuzzer.of(subject, [b"abc"], seed=1)
    with pytest.raises(AssertionError, match=r"ZeroDivisionError: nine; the input is b'.*9"):
        fuzzer.run(3_000)
