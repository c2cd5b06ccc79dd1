"""An embedded AWS that attackers may break: the tests of other folders do not share it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.embedded.aws import EmbeddedAws, of_its_own


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    embedded = of_its_own(tmp_path_factory.mktemp("attacked") / "data")
    embedded.start()
    try:
        embedded.client("s3").create_bucket(Bucket="kept")
        yield embedded
    finally:
        embedded.stop()
