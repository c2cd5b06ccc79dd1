"""Many clients at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.fakes.endpoint import Service, create_request

CLIENTS = 16


def outcomes(service: Service, requests: list[tuple[str, dict[str, Any]]]) -> Counter[str]:
    """Return how the calls ended, all sent at once."""

    def send(call: tuple[str, dict[str, Any]]) -> str:
        status, answer = service.post(*call)
        return "accepted" if status == 200 else str(answer["__type"])

    with ThreadPoolExecutor(CLIENTS) as pool:
        return Counter(pool.map(send, requests))


def test_one_of_many_creates_of_a_name_is_accepted(service: Service) -> None:
    calls = [("CreateCompilationJob", create_request("job"))] * CLIENTS
    assert outcomes(service, calls) == {"accepted": 1, "ResourceInUse": CLIENTS - 1}
    service.wait("job", "COMPLETED")
    assert service.compiler.seen == ["job"]


def test_the_quota_holds_against_many_at_once(service: Service) -> None:
    service.switch(max_concurrent_jobs=5)
    service.compiler.gate.clear()
    calls = [("CreateCompilationJob", create_request(f"job-{n}")) for n in range(CLIENTS)]
    assert outcomes(service, calls) == {"accepted": 5, "ResourceLimitExceeded": CLIENTS - 5}
    assert len(service.admin("jobs")["live"]) == 5


def test_a_job_stopped_by_many_ends_once_and_as_one_thing(service: Service) -> None:
    service.compiler.gate.clear()
    for name in ("one", "two", "three"):
        service.client().create_compilation_job(**create_request(name))
    stops = [
        ("StopCompilationJob", {"CompilationJobName": name}) for name in ("one", "two", "three") * 5
    ]
    assert outcomes(service, stops) == {"accepted": 15}
    for name in ("one", "two", "three"):
        service.wait(name, "STOPPED")


def test_a_stop_that_races_the_end_leaves_completed_or_stopped(service: Service) -> None:
    names = [f"job-{number}" for number in range(20)]
    service.switch(max_concurrent_jobs=100)
    for name in names:
        service.client().create_compilation_job(**create_request(name))
    outcomes(service, [("StopCompilationJob", {"CompilationJobName": name}) for name in names])
    ends = {service.wait(name, "COMPLETED", "STOPPED")["CompilationJobStatus"] for name in names}
    assert ends <= {"COMPLETED", "STOPPED"}
    assert service.admin("jobs")["live"] == []
