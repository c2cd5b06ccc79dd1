"""Watching a fleet while calls fail: nothing is lost, and nothing is read twice for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.fleets.observing import FleetObserver
from reconciler.cli.fleets.status import FleetStatus, JobState
from reconciler.cli.fleets.subjects import NameSubject, SpecSubject, Subject
from reconciler.cli.fleets.watching import FleetWatch, transitions
from reconciler.cli.options.places import only_place
from tests.fakes.gateway import Answer, FakeArtifacts, FakeClock, FakeGateway, Travel
from tests.fakes.sagemaker import ACCOUNT, REGION, ApiError, FakeSageMaker, Script
from tests.unit.cli.creating import create
from tests.unit.cli.planned import FakeAccount, Terminal
from tests.unit.specs.fleets import FLEET, loaded

DECLARED = [job.declaration() for job in loaded(FLEET).jobs]
ENDS = {"ml_c5": Script(running=200, outcome="FAILED", reason="ClientError: no")}
FAULTS = st.lists(
    st.sampled_from(["", "", "ThrottlingException", "InternalFailure", "RequestTimeout"]),
    max_size=60,
)


def failing(faults: list[str]) -> Travel:
    """Let calls fail in turn as it is written, and succeed after that."""
    left = iter(faults)

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        if code := next(left, ""):
            raise ApiError(code, f"{operation} failed")
        return commit()

    return travel


def subjects(clock: FakeClock) -> list[Subject]:
    return [SpecSubject(DECLARED, REGION, clock, clock.advance), NameSubject(("vision-*",))]


def connected(sagemaker: FakeSageMaker, faults: list[str]) -> FakeAccount:
    terminal, travel = Terminal(), failing(faults)
    return FakeAccount(
        ACCOUNT, REGION, FakeGateway(sagemaker, travel), FakeArtifacts(sagemaker, travel),
        terminal.buckets, terminal.logs, terminal.facts, {}, terminal.history, terminal.stacks,
    )  # fmt: skip


@given(FAULTS, st.sampled_from([0, 1]))
def test_every_end_is_seen_once_whatever_fails_in_between(faults: list[str], which: int) -> None:
    clock = FakeClock()
    sagemaker = FakeSageMaker(clock.seconds)
    sagemaker.script_of = lambda request: ENDS.get(
        request["OutputConfig"].get("TargetDevice", ""), Script()
    )
    create(sagemaker, FLEET)
    sagemaker.calls.clear()
    account, warnings = connected(sagemaker, faults), list[str]()
    observer = FleetObserver.of(account, subjects(clock)[which], clock)
    watch = FleetWatch(only_place(observer), clock, clock.advance, 15, warnings.append)
    before, ended = None, Counter[tuple[str, JobState]]()

    def is_over(status: FleetStatus) -> bool:
        return status.is_terminal and not any(row.note for row in status.rows)

    found = (each.values for each in watch.statuses(is_over, clock.now() + timedelta(hours=2)))
    for (status,) in filter(None, found):
        for change in transitions(before, status):
            if change.row.ended is not None:
                ended[change.row.target, change.row.state] += 1
        before = status
    assert before is not None
    assert {row.target: row.state for row in before.rows} == {
        "ml_c5": JobState.FAILED, "LINUX_ARM64": JobState.COMPLETED,
    }  # fmt: skip
    assert ended == {("ml_c5", JobState.FAILED): 1, ("LINUX_ARM64", JobState.COMPLETED): 1}
    described = [call.name for call in sagemaker.calls if call.operation == "Describe"]
    compiled = {row.job for row in before.rows if row.state is JobState.COMPLETED}
    failed = {row.job for row in before.rows if row.state is JobState.FAILED}
    # A job that had been compiled before it was first seen costs no Describe.
    assert sorted(described) == sorted(failed | (compiled & observer.ending))
