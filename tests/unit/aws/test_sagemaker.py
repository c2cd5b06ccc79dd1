"""The gateway on a client that answers from a script: paging, tags, refusals to stop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reconciler.aws.budget import Budget
from reconciler.aws.rate import RateLimit
from reconciler.aws.sagemaker import SageMakerGateway
from reconciler.core.ports import Invalid, Unavailable
from tests.unit.aws.test_errors import client_error

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ARN = "arn:aws:sagemaker:us-east-1:111122223333:compilation-job/"


class Scripted:
    """A client whose operations answer, in turn, what the test wrote down."""

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: object) -> object:
            self.calls.append((operation, dict(arguments)))
            answer = self.answers[operation].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def gateway(client: Scripted) -> SageMakerGateway:
    return SageMakerGateway(client, Budget(), RateLimit(2, pause=lambda seconds: None))


def summary(name: str, status: str = "COMPLETED") -> dict[str, object]:
    return {
        "CompilationJobName": name,
        "CompilationJobArn": ARN + name,
        "CompilationJobStatus": status,
        "CreationTime": NOW,
    }


def page(*names: str, token: str | None = None) -> dict[str, object]:
    answer: dict[str, object] = {"CompilationJobSummaries": [summary(name) for name in names]}
    return {**answer, "NextToken": token} if token else answer


def test_an_empty_page_with_a_token_is_not_the_last() -> None:
    client = Scripted(
        list_compilation_jobs=[page(token="1"), page("a", token="2"), page(token="3"), page("b")]
    )
    assert [job.name for job in gateway(client).list("x-")] == ["a", "b"]
    assert [call[1].get("NextToken") for call in client.calls] == [None, "1", "2", "3"]
    assert all(call[1]["MaxResults"] == 100 for call in client.calls)
    assert all("LastModifiedTimeAfter" not in call[1] for call in client.calls)


@pytest.mark.parametrize(("text", "sent"), [("vision-", {"NameContains": "vision-"}), ("", {})])
def test_all_jobs_are_listed_by_leaving_the_text_out(text: str, sent: dict[str, str]) -> None:
    client = Scripted(list_compilation_jobs=[{"CompilationJobSummaries": []}])
    assert list(gateway(client).list(text)) == []
    [(_, request)] = client.calls
    assert {key: value for key, value in request.items() if key == "NameContains"} == sent


def test_a_job_that_moves_between_pages_is_seen_once() -> None:
    client = Scripted(list_compilation_jobs=[page("a", "b", token="1"), page("b", "c")])
    assert [job.name for job in gateway(client).list("x-")] == ["a", "b", "c"]


def test_a_token_that_repeats_ends_the_sweep_as_a_passing_fault() -> None:
    client = Scripted(list_compilation_jobs=[page("a", token="1"), page("b", token="1")])
    with pytest.raises(Unavailable, match="same page twice"):
        list(gateway(client).list("x-"))


def test_tags_are_read_to_the_last_page() -> None:
    client = Scripted(
        list_tags=[
            {"Tags": [{"Key": "a", "Value": "1"}], "NextToken": "t"},
            {"Tags": [{"Key": "b", "Value": "2"}]},
        ]
    )
    assert gateway(client).tags(ARN) == {"a": "1", "b": "2"}


@pytest.mark.parametrize("code", ["ResourceNotFound", "ValidationException"])
def test_a_job_that_does_not_exist_is_none(code: str) -> None:
    missing = client_error(code, "Could not find compilation job 'x'.")
    assert gateway(Scripted(describe_compilation_job=[missing])).describe("x") is None
    assert gateway(Scripted(list_tags=[missing])).tags(ARN) is None
    gateway(Scripted(stop_compilation_job=[missing])).stop("x")
    gateway(Scripted(delete_compilation_job=[missing])).delete("x")


REFUSED = client_error("ValidationException", "The job is in status Completed.")


def test_stopping_an_ended_job_is_no_error_however_the_service_says_it() -> None:
    client = Scripted(
        stop_compilation_job=[REFUSED], describe_compilation_job=[summary("x", "COMPLETED")]
    )
    gateway(client).stop("x")


def test_a_refusal_to_stop_a_job_that_looks_live_is_a_passing_fault() -> None:
    client = Scripted(
        stop_compilation_job=[REFUSED], describe_compilation_job=[summary("x", "INPROGRESS")]
    )
    with pytest.raises(Unavailable, match="It is INPROGRESS"):
        gateway(client).stop("x")


def test_a_record_that_has_not_ended_is_deleted_later() -> None:
    client = Scripted(
        delete_compilation_job=[REFUSED], describe_compilation_job=[summary("x", "STOPPING")]
    )
    with pytest.raises(Unavailable, match="It is STOPPING"):
        gateway(client).delete("x")


def test_a_status_of_a_later_api_is_a_passing_fault_not_a_crash() -> None:
    with pytest.raises(Unavailable, match="not known to this version"):
        gateway(Scripted(describe_compilation_job=[summary("x", "QUEUED")])).describe("x")


def test_any_other_error_of_describe_is_translated() -> None:
    denied: ClientError = client_error("ValidationException", "Member must satisfy")
    with pytest.raises(Invalid):
        gateway(Scripted(describe_compilation_job=[denied])).describe("x")


def test_lists_keep_to_their_rate() -> None:
    clock = [0.0]
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock[0] += seconds

    limit = RateLimit(2, clock=lambda: clock[0], pause=pause, jitter=lambda: 0.0)
    for _ in range(5):
        limit.wait()
    assert pauses == [0.5] * 4


def test_jobs_are_created_by_a_client_of_their_own_that_is_made_when_it_is_needed() -> None:
    made: list[Scripted] = []

    def creator() -> Scripted:
        made.append(Scripted(create_compilation_job=[{"CompilationJobArn": ARN + "a"}] * 2))
        return made[-1]

    other = Scripted(list_compilation_jobs=[{"CompilationJobSummaries": []}])
    jobs = SageMakerGateway(other, Budget(), RateLimit(2), creator)
    assert list(jobs.list("a")) == []
    assert made == []
    assert [jobs.create({"CompilationJobName": "a"}) for _ in range(2)] == [ARN + "a"] * 2
    assert len(made) == 1
