"""How a run of an artifact is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.findings.summary import FindingsReport
from reconciler.cli.verification import markdown
from reconciler.cli.verification.running import RunOutcome, RunSettings, check_run, run_facts

SETTINGS = RunSettings(None, Path(), (), seed=7, tolerance=1e-4, seconds=10.0, most_bytes=1)
OUTPUT = {"name": "y", "dtype": "float32", "shapes": "", "difference": 2e-8, "largest": 0.5}
RAN = RunOutcome(
    "", (OUTPUT,), seconds=4.0, reference_seconds=0.5, emulator="qemu-arm", reference="LiteRT 2.1"
)


def test_an_emulated_run_is_labelled_and_its_time_is_no_measure() -> None:
    facts = dict(run_facts(RAN))
    assert facts["ran"] == "y: largest difference 2e-08 of 0.5"
    assert facts["time"] == (
        "4.00 s emulated by qemu-arm, loading included; LiteRT 2.1 took 0.50 s. "
        "No measure of the device"
    )


def test_markdown_tells_of_runs_too() -> None:
    told = markdown.render(FindingsReport((), 1, 0, unit="artifact"), ["a.tar.gz"], ["a: ran well"])
    assert told.splitlines()[-1] == "- a: ran well"


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({}, False),
        ({"difference": 9e-5}, False),
        ({"difference": 2e-4}, True),
        ({"difference": 2e-4, "largest": 3.0}, False),  # relative above 1
        ({"difference": None}, True),
        ({"shapes": "[1] in place of [2]", "difference": None}, True),
        ({"dtype": "int8", "difference": 1.0}, False),
        ({"dtype": "int8", "difference": 2.0}, True),
    ],
)
def test_what_differs_by_more_than_the_tolerance_is_an_error(
    change: dict[str, object], differs: bool
) -> None:
    found = check_run(RunOutcome("", ({**OUTPUT, **change},)), SETTINGS)
    assert [one.code for one in found] == (["NEO915"] if differs else [])


def test_why_nothing_was_run_is_a_warning() -> None:
    [found] = check_run(RunOutcome("qemu-arm is not on the PATH"), SETTINGS)
    assert (found.code, found.severity.value) == ("NEO916", "warning")
    assert "qemu-arm is not on the PATH" in found.message
