"""Attempts that are found although records before them were deleted by hand, or that have no
artifact yet.
"""

from __future__ import annotations

import pytest

from reconciler.core.identity import Identity
from reconciler.core.observed import ObservedJob
from reconciler.core.ownership import ownership_tags
from reconciler.core.ports import Unavailable
from reconciler.handler.job.gather import JobGatherer
from tests.fakes.gateway import FakeArtifacts, FakeClock, FakeGateway
from tests.fakes.sagemaker import FakeSageMaker, Script
from tests.unit.core.strategies import a_declaration

DECLARED = a_declaration()


def gathered(attempts: list[int], *, deep: bool = False) -> list[int]:
    """Return the numbers of the attempts that are found, of those that exist, all failed."""
    clock = FakeClock()
    sagemaker = FakeSageMaker(clock.seconds)
    gateway = FakeGateway(sagemaker)
    for number in attempts:
        name = DECLARED.identity.attempt(number)
        request = DECLARED.create_request(str(name), ownership_tags(DECLARED, name, "op-1"))
        gateway.create(request)
        gateway.stop(str(name))
    clock.advance(3600)
    gatherer = JobGatherer(
        gateway, FakeArtifacts(sagemaker), clock.now(), clock.now(), trusting=False
    )
    found = gatherer.attempts_until_success(DECLARED.identity, deep=deep)
    return [_number(job.name, DECLARED.identity) for job in found]


def _number(name: str, identity: Identity) -> int:
    return int(name.removeprefix(str(identity)).removeprefix("-r") or 0)


@pytest.mark.parametrize("attempts", [[0], [0, 1, 2], [1], [0, 2], [0, 2, 4], [1, 3, 4, 6]])
def test_a_missing_record_between_others_is_looked_past(attempts: list[int]) -> None:
    assert gathered(attempts) == attempts


@pytest.mark.parametrize("attempts", [[2], [0, 3], [5, 9]])
def test_behind_two_missing_records_only_a_list_finds_more(attempts: list[int]) -> None:
    assert gathered(attempts) == [number for number in attempts if number == 0]
    assert gathered(attempts, deep=True) == attempts


def completed(seconds: float) -> ObservedJob:
    """Return a job without artifact that COMPLETED so many seconds ago."""
    clock = FakeClock()
    script = Script(running=60, artifact_missing=True)
    sagemaker = FakeSageMaker(clock.seconds, script_of=lambda request: script)
    gateway = FakeGateway(sagemaker)
    name = DECLARED.identity.attempt(0)
    tags = ownership_tags(DECLARED, name, "op-1")
    gateway.create(DECLARED.create_request(str(name), tags))
    began = clock.now()
    clock.advance(script.starting + script.running + seconds)
    gatherer = JobGatherer(gateway, FakeArtifacts(sagemaker), began, clock.now())
    [job] = gatherer.attempts_until_success(DECLARED.identity)
    return job


@pytest.mark.parametrize("seconds", [0.0, 30.0, 89.0])
def test_an_artifact_is_waited_for(seconds: float) -> None:
    with pytest.raises(Unavailable, match="is not in S3 yet"):
        completed(seconds)


@pytest.mark.parametrize("seconds", [91.0, 3600.0])
def test_an_artifact_is_missing_90_seconds_after_its_job_has_ended(seconds: float) -> None:
    assert completed(seconds).artifact_present is False
