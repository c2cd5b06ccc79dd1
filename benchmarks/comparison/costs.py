"""What each handler costs on a quiet day: seconds that one waits, and calls that are made."""

from __future__ import annotations

from statistics import mean
from typing import Final

from benchmarks.comparison.subjects import SUBJECTS, Subject
from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.declaring import neo
from tests.simulation.cloudformation.node_provider import NodeProvider

LENGTHS: Final = range(540, 660, 10)
"""Of the jobs, in seconds: they end at each point of the longest interval between two polls."""
ANSWER: Final = "seconds from the end of a job to CloudFormation's answer"
CALLS: Final = "AWS calls while one job of ten minutes is created"
DELETE: Final = "seconds that deleting a stack with one job takes"


def costs(subject: Subject, node: NodeProvider) -> dict[str, float]:
    """Measure one life of a stack with one job, for jobs of several lengths; return the means."""
    lives = [_life(subject, node, seconds) for seconds in LENGTHS]
    return {what: round(mean(life[what] for life in lives), 1) for what in lives[0]}


def _life(subject: Subject, node: NodeProvider, seconds: int) -> dict[str, float]:
    world = subject.quiet_world(node, scripts={"model": Script(starting=10, running=seconds)})
    try:
        stack = world.create(neo("Model"))
        world.settle()
        assert stack.phase == "CREATE_COMPLETE", stack.reasons
        [job] = world.sagemaker.jobs
        created, calls = stack.history[-1][0], world.network.calls
        began = world.simulation.now
        world.delete(stack)
        world.settle()
        deleted = stack.history[-1][0]
    finally:
        world.close()
    return {ANSWER: created - job.since(created), CALLS: calls, DELETE: deleted - began}


def all_costs(node: NodeProvider) -> dict[str, dict[str, float]]:
    """Return the costs of every handler, by its name."""
    return {subject.name: costs(subject, node) for subject in SUBJECTS}
