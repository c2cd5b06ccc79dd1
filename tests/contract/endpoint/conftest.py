"""A fresh endpoint for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.endpoint import Service, running_service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running_service(tmp_path) as running:
        yield running


@pytest.fixture
def sagemaker(service: Service) -> Any:
    """boto3's client, without retries and without its own validation of parameters."""
    return service.client()
