"""The fake gateway, the adapter on a stand-in client, and the adapter with the real botocore on the
embedded endpoint live through the same story, under every switch that all of them have.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from neo_local.jobs.outcome import JobFailed
from reconciler.aws.budget import Budget
from reconciler.aws.clients import factory
from reconciler.aws.rate import RateLimit
from reconciler.aws.sagemaker import SageMakerGateway
from reconciler.core.observed import Phase
from reconciler.core.ports import Gateway, PortError, Transient
from tests.fakes.boto_client import FakeSageMakerClient
from tests.fakes.endpoint import KEY_ID, SECRET, Service, create_request, running_service
from tests.fakes.gateway import FakeClock, FakeGateway
from tests.fakes.sagemaker import Behaviour, FakeSageMaker, Script, Wire

BROKEN = "ClientError: InputConfiguration: no"
Happened = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    """The unverified behaviour of a service."""

    not_found: str
    stop_refused: bool
    reusable: bool
    empty_pages: bool


class Stage(Protocol):
    """A service with two places for jobs, and jobs that go on when they are told to."""

    @property
    def gateway(self) -> Gateway: ...

    def let_jobs_end(self) -> None: ...

    def hold_jobs(self) -> None: ...


@dataclass(slots=True)
class InMemory:
    """Time moves only when jobs are let go."""

    clock: FakeClock
    gateway: Gateway

    def let_jobs_end(self) -> None:
        self.clock.advance(1000)

    def hold_jobs(self) -> None:
        return


@dataclass(slots=True)
class OnEndpoint:
    """The embedded endpoint, with a compiler that waits for its gate."""

    service: Service
    gateway: Gateway
    names: list[str] = field(default_factory=list)

    def let_jobs_end(self) -> None:
        self.service.compiler.gate.set()
        deadline = time.monotonic() + 10
        while any(job.phase in {Phase.LIVE, Phase.STOPPING} for job in self.gateway.list("job-")):
            assert time.monotonic() < deadline, "jobs do not end"

    def hold_jobs(self) -> None:
        self.service.compiler.gate.clear()


def _in_memory(ways: Ways) -> tuple[FakeClock, FakeSageMaker]:
    clock = FakeClock()

    def script(request: Wire) -> Script:
        broken = request["CompilationJobName"] == "job-broken"
        return Script(outcome="FAILED", reason=BROKEN) if broken else Script()

    behaviour = Behaviour(
        not_found=ways.not_found,
        stop_on_terminal="refused" if ways.stop_refused else "accepted",
        names_reusable=ways.reusable,
        quota=2,
        empty_pages=ways.empty_pages,
    )
    return clock, FakeSageMaker(clock.seconds, behaviour, script_of=script)


@contextmanager
def fake(ways: Ways, folder: Path) -> Iterator[Stage]:
    clock, service = _in_memory(ways)
    yield InMemory(clock, FakeGateway(service))


@contextmanager
def adapter(ways: Ways, folder: Path) -> Iterator[Stage]:
    clock, service = _in_memory(ways)
    yield InMemory(clock, _adapter(FakeSageMakerClient(service)))


@contextmanager
def endpoint(ways: Ways, folder: Path) -> Iterator[Stage]:
    switches: dict[str, Any] = {
        "not_found": ways.not_found,
        "stop_on_terminal": "ValidationException" if ways.stop_refused else "accepted",
        "name_reuse": "allowed" if ways.reusable else "refused",
        "empty_pages": ways.empty_pages,
        "max_concurrent_jobs": 2,
    }
    with running_service(folder, **switches) as service:
        service.compiler.ends["job-broken"] = JobFailed(BROKEN)
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
            environment.setenv("AWS_ENDPOINT_URL_SAGEMAKER", service.url)
            real = factory(max_attempts=1)("sagemaker")
        yield OnEndpoint(service, _adapter(real))


def _adapter(client: Any) -> Gateway:
    return SageMakerGateway(client, Budget(), RateLimit(2, pause=lambda seconds: None))


def story(stage: Stage) -> Iterator[Happened]:
    """Yield what happens to some jobs, as the port shows it."""
    gateway = stage.gateway
    stage.hold_jobs()
    tagged = create_request("job-good", Tags=[{"Key": "neo:owner", "Value": "me"}])
    yield "create", (arn := gateway.create(tagged)).rsplit("/", 1)[-1]
    yield "live", seen(gateway, "job-good")
    yield "again", outcome(lambda: gateway.create(tagged))
    yield "second", gateway.create(create_request("job-broken")).rsplit("/", 1)[-1]
    yield "third", outcome(lambda: gateway.create(create_request("job-third")))
    yield "delete live", outcome(lambda: gateway.delete("job-good"))
    gateway.add_tags(arn, {"x": "1"})
    gateway.remove_tags(arn, ("neo:owner", "never there"))
    tags = gateway.tags(arn) or {}
    yield "tags", tags
    stage.let_jobs_end()
    yield "good", seen(gateway, "job-good")
    yield "broken", seen(gateway, "job-broken")
    yield "stop ended", outcome(lambda: gateway.stop("job-good")), seen(gateway, "job-good")
    stage.hold_jobs()
    gateway.create(create_request("job-third"))
    gateway.stop("job-third")
    stage.let_jobs_end()
    yield "stopped", seen(gateway, "job-third")
    yield "all", sorted(job.name for job in gateway.list("job-"))
    yield "some", [job.name for job in gateway.list("b-brok")]
    yield "delete", outcome(lambda: gateway.delete("job-third")), seen(gateway, "job-third")
    yield "reuse", outcome(lambda: gateway.create(create_request("job-third")))
    for act in (gateway.stop, gateway.delete, gateway.describe):
        yield "gone", outcome(lambda act=act: act("job-gone"))  # type: ignore[misc]
    yield "gone", gateway.describe("job-gone"), gateway.tags(arn.replace("job-good", "job-gone"))


def seen(gateway: Gateway, name: str) -> Happened:
    """Return what Describe shows of a job, as far as it is the same wherever it runs."""
    job = gateway.describe(name)
    if job is None:
        return ("none",)
    status = "live" if job.phase is Phase.LIVE else job.status.value
    done = job.phase is Phase.COMPLETED
    artifact = job.s3_model_artifacts.startswith("s3://models/out/") if done else None
    digest = bool(job.artifact_digest) if done else None
    role = job.described["RoleArn"] if job.described else None
    return status, job.failure_reason, artifact, digest, role, job.tags


def outcome(act: Callable[[], object]) -> str:
    """Return the kind of an error, as the port tells them apart; "ok" if there is none."""
    try:
        act()
    except Transient as error:
        return "LimitExceeded" if type(error).__name__ == "LimitExceeded" else "Transient"
    except PortError as error:
        return type(error).__name__
    return "ok"


WAYS = [  # each switch both ways, each pair of ways at least once
    Ways("ResourceNotFound", stop_refused=True, reusable=True, empty_pages=True),
    Ways("ResourceNotFound", stop_refused=False, reusable=False, empty_pages=False),
    Ways("ValidationException", stop_refused=True, reusable=False, empty_pages=False),
    Ways("ValidationException", stop_refused=False, reusable=True, empty_pages=True),
    Ways("ValidationException", stop_refused=True, reusable=True, empty_pages=False),
]


@pytest.mark.parametrize("ways", WAYS)
def test_all_three_tell_the_same_story(
    ways: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    told = {}
    for number, stage in enumerate((fake, adapter, endpoint)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with stage(ways, folder) as on_stage:
            told[stage.__name__] = list(story(on_stage))
    assert told["fake"] == told["adapter"]
    assert told["adapter"] == told["endpoint"]
    assert ("reuse", "ok" if ways.reusable else "NameInUse") in told["fake"]
