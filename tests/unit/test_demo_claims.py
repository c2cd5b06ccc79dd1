"""What `make demo` says of an artifact that it ran, and when it takes a claim for broken."""

from __future__ import annotations

from typing import Any

import pytest

from demo.story import BrokenPromise, comparison

RUN: dict[str, Any] = {
    "reason": "",
    "outputs": [{"name": "y", "difference": 2e-8, "largest": 0.5}],
    "seconds": 4.0,
    "emulator": "qemu-arm",
}


def test_an_emulated_run_is_said_to_be_one() -> None:
    told = comparison("rasp3b", RUN)
    assert told == "y differs by 2.0e-08 of values up to 0.5000; 4.0 s emulated by qemu-arm"
    assert comparison("ml_c5", RUN | {"emulator": ""}).endswith("4.0 s on this machine")


def test_without_an_emulator_it_goes_on_and_says_so() -> None:
    reason = "it is compiled for arm, and qemu-arm is not on the PATH"
    assert comparison("rasp3b", RUN | {"reason": reason, "outputs": []}) == f"not run: {reason}"


def test_an_artifact_that_does_not_run_breaks_the_claim() -> None:
    with pytest.raises(BrokenPromise, match="ended with status -11"):
        comparison("rasp3b", RUN | {"reason": "the process that runs it ended with status -11"})
