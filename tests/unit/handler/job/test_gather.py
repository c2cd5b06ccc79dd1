"""Attempts that are found although records before them were deleted by hand."""

from __future__ import annotations

import pytest

from reconciler.core.identity import Identity
from reconciler.core.ownership import ownership_tags
from reconciler.handler.job.gather import JobGatherer
from tests.fakes.gateway import FakeArtifacts, FakeClock, FakeGateway
from tests.fakes.sagemaker import FakeSageMaker
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
