"""One history that is drawn: an update is rolled back since a sibling fails, then all is deleted.

It is a quiet day: no call fails, nothing lags, nothing is delivered twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from benchmarks.comparison.kinds import Evidence
from benchmarks.comparison.subjects import Subject
from tests.fakes.sagemaker import Job, Script
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.simulation import EPOCH
from tests.simulation.cloudformation.stack import Stack, sibling
from tests.simulation.cloudformation.world import World

SCRIPTS: Final = {"old": Script(starting=10, running=290), "new": FOR_EVER}
UPDATE: Final = 600.0
SIBLING_FAILS_AFTER: Final = 200.0
DELETE: Final = 1500.0
END: Final = 2100.0


class Use(StrEnum):
    """What a stretch of a running job is for."""

    WANTED = "wanted"
    AGAIN = "compiled again"
    UNWANTED = "nothing declares it"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in seconds since the beginning, and what there was in it."""

    begin: float
    end: float
    what: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What happened with one handler.

    Attributes:
        phases: Those of the stack.
        jobs: For each job its model, and the stretches in which it ran.
    """

    subject: Subject
    phases: tuple[Stretch, ...]
    jobs: tuple[tuple[str, tuple[Stretch, ...]], ...]


def play(subject: Subject, node: NodeProvider) -> Scene:
    """Play the history with one handler."""
    world = subject.quiet_world(node, scripts=dict(SCRIPTS))
    try:
        stack = world.create(neo("Model", "old"))
        world.run_for(UPDATE)
        failing = sibling("Other", SIBLING_FAILS_AFTER, fails=True)
        world.update(stack, neo("Model", "new"), failing)
        world.run_for(DELETE - UPDATE)
        world.delete(stack)
        world.run_for(END - DELETE)
    finally:
        world.close()
    jobs = [(_model(job), tuple(_stretches(world, stack, job))) for job in world.sagemaker.jobs]
    return Scene(subject, tuple(_phases(stack)), tuple(jobs))


def _model(job: Job) -> str:
    uri: str = job.request["InputConfig"]["S3Uri"]
    return uri.rpartition("/")[2].removesuffix(".tar.gz")


def _phases(stack: Stack) -> Iterator[Stretch]:
    ends = [*(time for time, _ in stack.history[1:]), EPOCH + END]
    for (begin, phase), end in zip(stack.history, ends, strict=True):
        yield Stretch(begin - EPOCH, end - EPOCH, phase)


def _stretches(world: World, stack: Stack, job: Job) -> Iterator[Stretch]:
    """Return the job's running time, cut where it ceases to be wanted."""
    begin = job.created - EPOCH
    end = min(time for time, status in job.timeline if status not in ("STARTING", "INPROGRESS"))
    end = min(end - EPOCH, END)
    turned = next(time for time, phase in stack.history if "ROLLBACK" in phase) - EPOCH
    unwanted = turned if _model(job) == "new" else DELETE
    is_again = any(newer is job for _, newer in Evidence(world).same())
    use = Use.AGAIN if is_again else Use.WANTED
    if begin < min(end, unwanted):
        yield Stretch(begin, min(end, unwanted), use)
    if end > unwanted:
        yield Stretch(max(begin, unwanted), end, Use.UNWANTED)
