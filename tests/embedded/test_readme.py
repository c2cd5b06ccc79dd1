"""The commands of the README that need the embedded AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.project.snippets import Snippet
from tests.contract.project.test_readme import BLOCKS, link_checkout, run_block
from tests.embedded.aws import EmbeddedAws

pytestmark = pytest.mark.embedded
HERE = [block for block in BLOCKS if block.directive == "embedded"]


@pytest.mark.parametrize("block", HERE, ids=lambda block: f"line-{block.line}")
def test_readme_block(block: Snippet, tmp_path: Path, embedded_aws: EmbeddedAws) -> None:
    link_checkout(tmp_path)
    environment = {**embedded_aws.environment(), "NEO_LOCAL_DATA": str(embedded_aws.data)}
    run_block(block, tmp_path, environment)
