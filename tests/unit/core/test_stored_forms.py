"""What is kept in S3 between versions: each key, its place, and what is read where it is missing.

The texts here were written by version 0.1. A later version reads them, and writes the same keys,
since an older function may still run beside a newer one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.core.contract import DEFAULT_RETRIES, LEASE, OnFailure
from reconciler.core.fleet.generation import (
    FleetGeneration,
    FleetSettings,
    LeaseRecord,
    OperationStatus,
    StateError,
)
from reconciler.core.fleet.job_record import JobRecord, RecordState
from reconciler.core.fleet.manifest import Counts, Manifest, ManifestEntry

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

GENERATION = FleetGeneration(
    generation=7,
    operation="request-7",
    began=BEGAN,
    document="d7",
    settings=FleetSettings(3, OnFailure.CONTINUE, prune=True, tags=(("team", "vision"),)),
    source="s7",
    previous=("d6", "s6"),
    lease=LeaseRecord("invocation-1", BEGAN + MINUTE),
    creates_until=BEGAN + 2 * MINUTE,
    earlier_creates_until=BEGAN - MINUTE,
    tag_keys=("team",),
    dropped_tag_keys=("old",),
    variables={"bucket": "models"},
    unneeded_documents=("d5",),
    superseded_operations=("request-5", "request-6"),
    declared=("now", "before"),
)
DESIRED_JSON: dict[str, Any] = {
    "schema": 1,
    "generation": 7,
    "operation": "request-7",
    "began": "2026-11-20T12:00:00+00:00",
    "document": "d7",
    "source": "s7",
    "previous": ["d6", "s6"],
    "retries": 3,
    "onFailure": "continue",
    "prune": True,
    "tags": [["team", "vision"]],
    "lease": {"holder": "invocation-1", "until": "2026-11-20T12:01:00+00:00"},
    "acted": "2026-11-20T12:02:00+00:00",
    "inherited": "2026-11-20T11:59:00+00:00",
    "tagKeys": ["team"],
    "dropped": ["old"],
    "variables": {"bucket": "models"},
    "garbage": ["d5"],
    "history": ["request-5", "request-6"],
    "declared": ["now", "before"],
}
LEAST = {
    key: DESIRED_JSON[key] for key in ("schema", "generation", "operation", "began", "document")
}

RECORD = JobRecord(
    RecordState.ENDED,
    BEGAN,
    status="COMPLETED",
    arn="arn:x",
    operation="request-7",
    settings="set",
    tags="tag",
    artifact="s3://o/a.tar.gz",
    digest="sha",
    image="image",
    reason="why",
    present=False,
    seconds=61.5,
    foreign=True,
    lost=True,
)
RECORD_JSON = {
    "known": "ended",
    "since": "2026-11-20T12:00:00+00:00",
    "status": "COMPLETED",
    "arn": "arn:x",
    "operation": "request-7",
    "settings": "set",
    "tags": "tag",
    "artifact": "s3://o/a.tar.gz",
    "digest": "sha",
    "image": "image",
    "reason": "why",
    "seconds": 61.5,
    "foreign": True,
    "missing": True,
    "lost": True,
}
LEAST_RECORD = {"known": "created", "since": "2026-11-20T12:00:00+00:00"}

ENTRY = ManifestEntry("team-a-id", "COMPLETED", "s3://o/a.tar.gz", "sha", "image", "why")
MANIFEST = Manifest(
    "team",
    7,
    BEGAN,
    Counts(5, 1, 1, 3, 2),
    {"b": ManifestEntry("team-b-id", "PENDING"), "a": ENTRY},
    {"team-b-id": JobRecord(RecordState.CREATED, BEGAN), "team-a-id": RECORD},
)
MANIFEST_JSON: dict[str, Any] = {
    "schema": 1,
    "owner": "team",
    "generation": 7,
    "updated": "2026-11-20T12:00:00+00:00",
    "counts": {"total": 5, "completed": 1, "failed": 1, "pending": 3, "accepted": 2},
    "jobs": {
        "a": {
            "name": "team-a-id",
            "status": "COMPLETED",
            "artifact": "s3://o/a.tar.gz",
            "digest": "sha",
            "image": "image",
            "reason": "why",
        },
        "b": {"name": "team-b-id", "status": "PENDING"},
    },
    "records": {"team-a-id": RECORD_JSON, "team-b-id": LEAST_RECORD},
}


def encoded(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def test_the_generation_is_written_with_these_keys_and_read_back() -> None:
    assert GENERATION.to_json() == encoded(DESIRED_JSON)
    assert FleetGeneration.from_json(encoded(DESIRED_JSON)) == GENERATION


def test_what_an_earlier_version_did_not_write_is_empty() -> None:
    least = FleetGeneration(7, "request-7", BEGAN, "d7")
    nulls = {key: None for key in DESIRED_JSON if key not in (*LEAST, "retries", "onFailure")}
    for value in (LEAST, {**LEAST, **nulls}):
        found = FleetGeneration.from_json(encoded(value))
        assert found == least
        assert found.settings == FleetSettings(
            DEFAULT_RETRIES, OnFailure.FAIL, prune=False, tags=()
        )
    assert json.loads(least.to_json())["lease"] is None
    assert json.loads(least.to_json())["acted"] is None


def test_keys_of_a_later_version_are_ignored() -> None:
    assert FleetGeneration.from_json(encoded({**DESIRED_JSON, "more": 1})) == GENERATION


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (encoded({**DESIRED_JSON, "schema": 2}), "the state has schema 2, this version reads 1"),
        (encoded({"schema": 1}), "the fleet's state cannot be read: 'generation'"),
        (b"[]", "the fleet's state cannot be read: "),
        (b"{", "the fleet's state cannot be read: "),
        (encoded({**DESIRED_JSON, "began": "soon"}), "the fleet's state cannot be read: "),
    ],
)
def test_a_state_that_cannot_be_read_says_why(body: bytes, words: str) -> None:
    with pytest.raises(StateError) as raised:
        FleetGeneration.from_json(body)
    assert words in str(raised.value)


def test_a_record_is_written_with_these_keys_and_read_back() -> None:
    assert RECORD.to_json() == RECORD_JSON
    assert JobRecord.from_json(RECORD_JSON) == RECORD


def test_what_is_empty_is_not_written() -> None:
    least = JobRecord(RecordState.CREATED, BEGAN)
    assert least.to_json() == LEAST_RECORD
    assert JobRecord.from_json(LEAST_RECORD) == least
    assert least.to_json().keys() == LEAST_RECORD.keys()
    assert replace(least, seconds=0.0).to_json()["seconds"] == 0.0


def test_the_manifest_is_written_with_these_keys_in_order_and_read_back() -> None:
    assert MANIFEST.to_json() == encoded(MANIFEST_JSON)
    assert Manifest.from_json(encoded(MANIFEST_JSON)) == MANIFEST
    never = replace(MANIFEST, updated=None)
    assert Manifest.from_json(never.to_json()) == never
    assert "é".encode() in Manifest("é").to_json()


def test_a_manifest_says_the_same_at_another_time() -> None:
    assert MANIFEST.same_as(replace(MANIFEST, updated=None))
    assert not MANIFEST.same_as(replace(MANIFEST, generation=8))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (encoded({**MANIFEST_JSON, "schema": 2}), "the manifest has schema 2"),
        (encoded({"schema": 1}), "the fleet's manifest cannot be read: 'owner'"),
        (encoded({**MANIFEST_JSON, "jobs": [1]}), "the fleet's manifest cannot be read: "),
    ],
)
def test_a_manifest_that_cannot_be_read_says_why(body: bytes, words: str) -> None:
    with pytest.raises(StateError) as raised:
        Manifest.from_json(body)
    assert words in str(raised.value)


def test_the_next_generation_keeps_what_the_one_before_leaves_behind() -> None:
    following = FleetGeneration(
        1, "request-8", BEGAN + MINUTE, "d8", source="s8", tag_keys=("cost",),
        declared=("new", ""),
    )  # fmt: skip
    found = GENERATION.succeeded_by(following)
    assert found == replace(
        following,
        generation=8,
        previous=("d7", "s7"),
        lease=GENERATION.lease,
        creates_until=GENERATION.creates_until,
        earlier_creates_until=GENERATION.creates_until,
        dropped_tag_keys=("old", "team"),
        unneeded_documents=("d5", "d6"),
        superseded_operations=("request-5", "request-6", "request-7"),
        declared=("new", "now", "before"),
    )


def test_a_document_that_is_declared_again_is_needed_again() -> None:
    back = replace(GENERATION, operation="request-8", document="d5", declared=("before", ""))
    found = GENERATION.succeeded_by(back)
    assert found.unneeded_documents == ("d6",)
    assert found.dropped_tag_keys == ("old",)


def test_operations_are_remembered_and_the_oldest_forgotten() -> None:
    found = GENERATION
    for number in range(8, 80):
        found = found.succeeded_by(replace(GENERATION, operation=f"request-{number}"))
    assert len(found.superseded_operations) == 50
    assert found.superseded_operations[-1] == "request-78"
    assert found.generation == 79


def test_an_operation_is_current_new_or_superseded() -> None:
    later, earlier = BEGAN + MINUTE, BEGAN - MINUTE
    assert GENERATION.status_of("request-7", earlier) is OperationStatus.CURRENT
    assert GENERATION.status_of("request-6", later) is OperationStatus.SUPERSEDED
    assert GENERATION.status_of("request-8", earlier) is OperationStatus.SUPERSEDED
    assert GENERATION.status_of("request-8", BEGAN) is OperationStatus.NEW


def test_a_lease_is_taken_renewed_and_released_by_its_holder() -> None:
    assert not GENERATION.is_free("other", BEGAN)
    assert GENERATION.is_free("invocation-1", BEGAN)
    assert GENERATION.is_free("other", BEGAN + MINUTE)
    assert replace(GENERATION, lease=None).is_free("other", BEGAN)
    now = BEGAN + 3 * MINUTE
    reading = GENERATION.leased("other", now, creates=False)
    assert reading == replace(GENERATION, lease=LeaseRecord("other", now + LEASE))
    creating = GENERATION.leased("other", now, creates=True)
    assert creating == replace(reading, creates_until=now + LEASE)
    assert GENERATION.released("other", now) == GENERATION
    assert replace(GENERATION, lease=None).released("other", now).lease is None


def test_what_was_created_under_a_released_lease_has_been_created_by_then() -> None:
    at = BEGAN + MINUTE
    released = GENERATION.released("invocation-1", at)
    assert released == replace(GENERATION, lease=None, creates_until=at)
    early = BEGAN - 2 * MINUTE
    assert GENERATION.released("invocation-1", early).earlier_creates_until == early
    quiet = replace(GENERATION, creates_until=None, earlier_creates_until=None)
    assert quiet.released("invocation-1", at) == replace(quiet, lease=None)


def test_jobs_of_an_earlier_generation_may_appear_until_reads_have_settled() -> None:
    assert GENERATION.may_appear(BEGAN - MINUTE / 2, MINUTE)
    assert not GENERATION.may_appear(BEGAN, MINUTE)
    assert not replace(GENERATION, earlier_creates_until=None).may_appear(BEGAN, MINUTE)


@pytest.mark.parametrize(
    "changed",
    [
        b'"generation":1e999', b'"previous":["one"]', b'"declared":[]', b'"lease":{"holder":"x"}',
        b'"tags":[["one"]]', b'"began":7', b'"variables":["x"]', b'"retries":1e999',
    ],
)  # fmt: skip
def test_no_odd_state_ends_in_another_error(changed: bytes) -> None:
    body = encoded(LEAST)[:-1] + b"," + changed + b"}"
    if changed == b'"declared":[]':
        assert FleetGeneration.from_json(body).declared == ("", "")
        return
    with pytest.raises(StateError):
        FleetGeneration.from_json(body)


@pytest.mark.parametrize("changed", [b'"generation":1e999', b'"counts":[]', b'"records":{"a":7}'])
def test_no_odd_manifest_ends_in_another_error(changed: bytes) -> None:
    body = encoded(MANIFEST_JSON)[:-1] + b"," + changed + b"}"
    with pytest.raises(StateError):
        Manifest.from_json(body)
    with pytest.raises(StateError):
        Manifest.from_json(b"[" * 100_000)
