"""A success whose artifact is verified: what fails it, what is reported, and what waits."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler.core import contract
from reconciler.core.contract import JOB_ATTRIBUTES, Verify
from reconciler.core.ports import StackResourceView, StackView
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.poll import HandlerPorts
from reconciler.handler.job.service import JobService
from reconciler.verification.artifact_verifier import ArtifactVerifier
from tests.contract.golden_events import NEW, OLD, event
from tests.fakes.gateway import (
    Answer,
    FakeArtifacts,
    FakeClock,
    FakeGateway,
    FakeStacks,
)
from tests.fakes.object_reader import FakeObjectReader, compiled, passed_through
from tests.fakes.sagemaker import ApiError, FakeSageMaker, Script

Json = dict[str, Any]
GOOD = Script(content=compiled(size=256))
BAD = Script(content=passed_through())
ROW = StackResourceView("", "UPDATE_IN_PROGRESS", FakeClock().now())


@dataclass
class World:
    """A stack whose function can verify; reading an object fails as `broken` says."""

    script: Script = GOOD
    status: str = "CREATE_IN_PROGRESS"
    broken: ApiError | None = None
    has_verifier: bool = True
    clock: FakeClock = field(default_factory=FakeClock)
    logged: list[Json] = field(default_factory=list)
    metrics: list[Json] = field(default_factory=list)
    sagemaker: FakeSageMaker = field(init=False)

    def __post_init__(self) -> None:
        self.sagemaker = FakeSageMaker(self.clock.seconds, script_of=lambda request: self.script)

    def _travel(self, operation: str, commit: Any) -> Answer:  # type: ignore[type-var]
        if self.broken is not None:
            raise self.broken
        answer: Answer = commit()
        return answer

    def service(self) -> JobService:
        reader = FakeObjectReader(self.sagemaker, self._travel)
        return JobService(
            HandlerPorts(
                gateway=FakeGateway(self.sagemaker),
                artifacts=FakeArtifacts(self.sagemaker),
                stacks=FakeStacks(
                    stack_view=lambda stack_id: StackView(self.status, None),
                    resources_view=lambda stack_id: {"Resnet50A1B2": ROW},
                ),
                clock=self.clock,
                progress=lambda event, **fields: self.logged.append({"event": event, **fields}),
                emit=lambda line: self.metrics.append(json.loads(line)),
                pause=lambda seconds: None,
                verifier=ArtifactVerifier(reader) if self.has_verifier else None,
            )
        )

    def run(self, raw: Json, hours: float = 1.5) -> Json:
        """Return one operation's answer; raises ResourceFailed."""
        begun = {**raw, **self.service().on_event(raw)}
        end = self.clock.time + hours * 3600
        while self.clock.time < end:
            answer = self.service().is_complete(begun)
            if answer["IsComplete"]:
                return dict(answer)
            self.clock.advance(20.0)
        raise AssertionError("never answered")

    def created(self, given: Json) -> int:
        """Create a job; return how many were created by now."""
        self.run(event("Create", given))
        return len(self.sagemaker.jobs)

    def counted(self, metric: str) -> float:
        return sum(float(line.get(metric, 0)) for line in self.metrics)


def asked(verify: Verify, given: Json = NEW) -> Json:
    return {**given, "Verify": verify.value}


def test_a_job_that_is_what_was_ordered_succeeds_and_says_so() -> None:
    world = World()
    data = world.run(event("Create", asked(Verify.FAIL)))["Data"]
    assert data.keys() == {*JOB_ATTRIBUTES, contract.ARTIFACT_FINDINGS}
    assert data[contract.ARTIFACT_FINDINGS] == ""
    assert {"event": "artifact verified", "errors": 0} in [
        {key: each[key] for key in ("event", "errors") if key in each} for each in world.logged
    ]


def test_without_the_property_nothing_is_read_and_the_answer_is_as_ever() -> None:
    world = World(BAD, has_verifier=False)
    assert world.run(event("Create", NEW))["Data"].keys() == {*JOB_ATTRIBUTES}
    assert world.run(event("Create", asked(Verify.OFF)))["Data"].keys() == {*JOB_ATTRIBUTES}


def test_a_model_that_was_passed_through_fails_the_resource_and_nothing_is_compiled_again() -> None:
    world = World(BAD)
    with pytest.raises(ResourceFailed) as failed:
        world.run(event("Create", asked(Verify.FAIL)))
    (job,) = world.sagemaker.jobs
    for words in ("NEO902", job.arn, "only a model", f"neoctl verify {job.artifact}", "warn"):
        assert words in str(failed.value)
    assert failed.value.kind == "unverified"
    assert job.status(world.clock.time) == "COMPLETED"
    assert world.counted("JobsUnverified") == world.counted("JobsFailed") == 1
    with pytest.raises(ResourceFailed):
        world.run(event("Create", asked(Verify.FAIL)))
    assert len(world.sagemaker.jobs) == 1


def test_under_warn_it_succeeds_and_the_finding_is_an_attribute_a_log_line_and_a_metric() -> None:
    world = World(BAD)
    data = world.run(event("Create", asked(Verify.WARN)))["Data"]
    assert data[contract.ARTIFACT_FINDINGS].startswith("NEO902 uncompiled-artifact: ")
    (found,) = [each for each in world.logged if each["event"] == "artifact finding"]
    assert found["severity"] == "error"
    assert "NEO902" in found["finding"]
    assert world.counted("JobsUnverified") == 1
    assert world.counted("JobsFailed") == 0


def test_verifying_is_no_part_of_a_jobs_identity() -> None:
    plain, verified = World(), World()
    assert plain.run(event("Create", NEW)) | {"Data": 0} == (
        verified.run(event("Create", asked(Verify.FAIL))) | {"Data": 0}
    )
    assert [job.name for job in plain.sagemaker.jobs] == [
        job.name for job in verified.sagemaker.jobs
    ]


def rolled_back(world: World, first_read: str, tried: Json) -> Json:
    """Return the answer to the Update that comes back to OLD from what was tried."""
    world.created(OLD)
    (job,) = world.sagemaker.jobs
    world.status = first_read
    more = {"PhysicalResourceId": job.name, "OldResourceProperties": asked(Verify.FAIL, tried)}
    back = event("Update", asked(Verify.FAIL, OLD), **more)
    begun = {**back, **world.service().on_event(back)}
    world.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    world.clock.advance(120.0)
    return dict(world.service().is_complete(begun))


@pytest.mark.parametrize(
    ("first_read", "tried"),
    [
        ("UPDATE_ROLLBACK_IN_PROGRESS", NEW),
        ("UPDATE_IN_PROGRESS", NEW),
        ("UPDATE_IN_PROGRESS", OLD),  # only tags were changed, and the stack was read too early
    ],
)
@pytest.mark.parametrize("broken", [None, ApiError("ServiceUnavailable", "later")])
def test_a_rollback_is_not_failed_by_what_it_comes_back_to(
    first_read: str, tried: Json, broken: ApiError | None
) -> None:
    world = World(BAD)
    world.broken = broken
    answer = rolled_back(world, first_read, tried)
    assert answer["IsComplete"]
    found = answer["Data"][contract.ARTIFACT_FINDINGS]
    assert ("NEO902" if broken is None else "cannot be read") in found
    assert len(world.sagemaker.jobs) == 1


def test_asking_for_it_later_reads_the_job_that_is_there() -> None:
    world = World(BAD)
    world.created(NEW)
    (job,) = world.sagemaker.jobs
    world.status = "UPDATE_IN_PROGRESS"
    more = {"PhysicalResourceId": job.name, "OldResourceProperties": NEW}
    with pytest.raises(ResourceFailed, match="NEO902"):
        world.run(event("Update", asked(Verify.FAIL), **more))
    answer = world.run(event("Update", asked(Verify.WARN), **more))
    assert answer["PhysicalResourceId"] == job.name
    assert len(world.sagemaker.jobs) == 1


@pytest.mark.parametrize("code", ["ServiceUnavailable", "ThrottlingException"])
def test_what_cannot_be_read_now_is_waited_for_and_not_past_the_deadline(code: str) -> None:
    world = World(broken=ApiError(code, "later"))
    with pytest.raises(ResourceFailed, match=r"Timed out after 3300 s.*not verified.*later"):
        world.run(event("Create", asked(Verify.FAIL)))
    passing = World(broken=ApiError(code, "later"))
    raw = event("Create", asked(Verify.FAIL))
    begun = {**raw, **passing.service().on_event(raw)}
    while not any(job.status(passing.clock.time) == "COMPLETED" for job in passing.sagemaker.jobs):
        passing.service().is_complete(begun)
        passing.clock.advance(20.0)
    assert not passing.service().is_complete(begun)["IsComplete"]
    passing.broken = None
    assert passing.service().is_complete(begun)["IsComplete"]


def test_under_warn_it_is_waited_for_two_minutes_and_then_reported() -> None:
    world = World(broken=ApiError("ServiceUnavailable", "later"))
    began = world.clock.time
    data = world.run(event("Create", asked(Verify.WARN)))["Data"]
    assert "cannot be read" in data[contract.ARTIFACT_FINDINGS]
    assert 120 < world.clock.time - began < 180


def test_a_denial_is_waited_for_as_iam_may_lag_and_then_fails_or_is_reported() -> None:
    denied = ApiError("AccessDeniedException", "kms:Decrypt is missing")
    world = World(broken=denied)
    with pytest.raises(ResourceFailed, match=r"kms:Decrypt is missing.*Grant the caller"):
        world.run(event("Create", asked(Verify.FAIL)))
    warned = World(broken=denied).run(event("Create", asked(Verify.WARN)))
    assert "kms:Decrypt is missing" in warned["Data"][contract.ARTIFACT_FINDINGS]


def test_code_that_verifies_nothing_does_not_pretend_to() -> None:
    world = World(has_verifier=False)
    with pytest.raises(ResourceFailed, match="this function's code verifies nothing"):
        world.run(event("Create", asked(Verify.WARN)))


def test_another_word_than_off_warn_and_fail_is_refused() -> None:
    with pytest.raises(ResourceFailed, match="Verify must be one of off, warn, fail, got 'yes'"):
        World().run(event("Create", {**NEW, "Verify": "yes"}))
