"""Simulations are played without measuring coverage, which would make them five times slower."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder; what they reach in the code, unit tests reach too."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("no_cover")
