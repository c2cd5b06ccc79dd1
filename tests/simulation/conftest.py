"""What plays for minutes is not measured: coverage would make it five times slower."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
PLAYED_FOR_MINUTES: Final = (
    "applies/test_histories.py",
    "cli/test_shared_histories.py",
    "cloudformation/test_every_interleaving.py",
    "cloudformation/test_mutants_are_caught.py",
    "cloudformation/test_random_histories.py",
    "test_comparison.py",
    "test_long_run.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark those tests of this folder; what they reach in the code, other tests reach too."""
    files = {HERE / name for name in PLAYED_FOR_MINUTES}
    for item in items:
        if item.path in files:
            item.add_marker("no_cover")
