"""A bootstrapped embedded AWS and a model to compile, shared by the end-to-end tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.embedded import Cdk, EmbeddedAws, local_python


@pytest.fixture(scope="session")
def bootstrapped(
    embedded_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory
) -> EmbeddedAws:
    """The embedded AWS after the real `cdk bootstrap`."""
    cdk = Cdk(embedded_aws.environment(), tmp_path_factory.mktemp("bootstrap"))
    ran = cdk.run("bootstrap", "aws://000000000000/us-east-1")
    assert ran.code == 0, ran.output
    return embedded_aws


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one real network."""
    folder = tmp_path_factory.mktemp("models")
    local_python("networks.py", folder, "squeezenet")
    return folder
