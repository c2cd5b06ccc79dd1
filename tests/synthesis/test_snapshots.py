"""The templates, whole: ids and properties are contracts, so a change of them has to be meant."""

from __future__ import annotations

from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.synthesis.scrubbed import our_slice


@pytest.fixture
def snapshot_json(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(JSONSnapshotExtension)


def test_the_smallest_job(plain: dict[str, Any], snapshot_json: SnapshotAssertion) -> None:
    assert our_slice(plain) == snapshot_json


def test_a_job_with_key_network_and_buckets(
    full: dict[str, Any], snapshot_json: SnapshotAssertion
) -> None:
    assert our_slice(full) == snapshot_json
