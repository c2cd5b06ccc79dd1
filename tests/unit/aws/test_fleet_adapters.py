"""The adapters of fleets: S3 with conditional writes, SNS and EventBridge."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reconciler.aws.budget import Budget
from reconciler.aws.notices import Notices
from reconciler.aws.objects import LARGEST, S3Buckets
from reconciler.core.objects import NEW, Stored
from reconciler.core.ports import Denied, Invalid, Throttled, Unavailable, WriteConflict


@dataclass
class Client:
    """Stands in for boto3: answers, or raises the error of this code."""

    code: str = ""
    answer: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> dict[str, Any]:
            self.calls.append((name, request))
            if self.code:
                raise ClientError({"Error": {"Code": self.code, "Message": "m"}}, name)
            return self.answer

        return call


def store(client: Client, owner: str | None = None) -> Any:
    return S3Buckets(client, Budget()).bucket("state", owner)


def test_an_object_is_read_with_its_version() -> None:
    client = Client(answer={"Body": io.BytesIO(b"x"), "ETag": '"1"', "ContentLength": 1})
    assert store(client, "111122223333").get("k") == Stored(b"x", '"1"')
    expected = {"Bucket": "state", "Key": "k", "ExpectedBucketOwner": "111122223333"}
    assert client.calls == [("get_object", expected)]


def test_an_object_that_is_too_large_for_memory_is_not_read() -> None:
    body = io.BytesIO(b"x")
    client = Client(answer={"Body": body, "ETag": '"1"', "ContentLength": LARGEST + 1})
    with pytest.raises(Invalid, match=r"k has 33,554,433 bytes; at most 33,554,432 are read"):
        store(client).get("k")
    assert body.closed
    client.answer = {"Body": io.BytesIO(b"x"), "ETag": '"1"', "ContentLength": LARGEST}
    assert store(client).get("k") == Stored(b"x", '"1"')


@pytest.mark.parametrize("code", ["NoSuchKey", "404"])
def test_a_missing_object_is_none(code: str) -> None:
    assert store(Client(code)).get("k") is None


@pytest.mark.parametrize(
    ("version", "condition"), [(None, {}), ("v", {"IfMatch": "v"}), (NEW, {"IfNoneMatch": "*"})]
)
def test_a_write_carries_its_condition(version: str | None, condition: dict[str, str]) -> None:
    client = Client(answer={"ETag": "w"})
    assert store(client, "111122223333").put("k", b"x", version=version) == "w"
    [(_, request)] = client.calls
    assert request["ExpectedBucketOwner"] == "111122223333"
    assert {key: value for key, value in request.items() if key.startswith("If")} == condition


@pytest.mark.parametrize("code", ["PreconditionFailed", "412", "ConditionalRequestConflict"])
def test_a_lost_race_is_a_conflict(code: str) -> None:
    with pytest.raises(WriteConflict):
        store(Client(code)).put("k", b"x", version="v")


@pytest.mark.parametrize(("code", "kind"), [("AccessDenied", Denied), ("SlowDown", Throttled)])
def test_other_errors_are_the_ports(code: str, kind: type[Exception]) -> None:
    objects = store(Client(code))
    with pytest.raises(kind):
        objects.get("k")
    with pytest.raises(kind):
        objects.put("k", b"")
    with pytest.raises(kind):
        objects.delete("k")


def test_notices_go_to_the_topic_and_the_bus_or_nowhere() -> None:
    sns, events = Client(), Client(answer={"FailedEntryCount": 0})
    Notices(Budget(), sns, "arn:topic", events, "bus")("s" * 200, {"failed": 1})
    [(_, published)] = sns.calls
    assert len(published["Subject"]) == 100
    assert json.loads(published["Message"]) == {"failed": 1}
    [(_, put)] = events.calls
    assert put["Entries"][0]["Source"] == "neo-as-code"
    Notices(Budget())("s", {})


def test_an_event_that_the_bus_refuses_is_an_error() -> None:
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "X", "ErrorMessage": "m"}]}
    with pytest.raises(Unavailable, match="X: m"):
        Notices(Budget(), events=Client(answer=refused), bus_name="bus")("s", {})
