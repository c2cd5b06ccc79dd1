"""Damaged archives and models, by the thousand: no traceback, no hang, little memory."""

from __future__ import annotations

import io

import pytest

from reconciler.inspection.checks.report import inspect_stream
from reconciler.inspection.limits import MEBIBYTE, ReadBudget
from tests.unit.inspection.archives import pack_model
from tests.unit.inspection.damage import measure

SEED = 20261120
SLOWEST = 1.0
MOST_MEMORY = 100 * MEBIBYTE


@pytest.mark.search
def test_damaged_archives_are_findings_soon_and_in_little_memory() -> None:
    seconds, growth = measure(500, SEED)
    assert seconds < SLOWEST
    assert growth < MOST_MEMORY


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_a_hundred_thousand_damaged_archives_are_findings(part: int) -> None:
    seconds, growth = measure(10_000, SEED + 1 + part)
    assert seconds < SLOWEST
    assert growth < MOST_MEMORY


def test_every_prefix_of_an_archive_is_a_finding() -> None:
    whole = pack_model("dynamic.onnx")
    for end in range(len(whole)):
        report = inspect_stream(io.BytesIO(whole[:end]), ReadBudget(), "model.tar.gz")
        assert report.findings or report.framework == "ONNX"
