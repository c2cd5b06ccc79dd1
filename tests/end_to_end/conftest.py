"""A bootstrapped embedded AWS and a model to compile, shared by the end-to-end tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.embedded import local_python


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one real network."""
    folder = tmp_path_factory.mktemp("models")
    local_python("networks.py", folder, "squeezenet")
    return folder
