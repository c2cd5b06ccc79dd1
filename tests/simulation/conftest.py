"""What plays for minutes is not measured: coverage would make it five times slower."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
PLAYED_FOR_MINUTES: Final = (
    "test_mutants_are_caught",
    "test_every_interleaving",
    "histories",
    "test_actors",
    "test_comparison",
    "test_long_run",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark those tests of this folder; what they reach in the code, other tests reach too."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.stem.endswith(PLAYED_FOR_MINUTES):
            item.add_marker("no_cover")
