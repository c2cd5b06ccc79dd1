"""What neoctl plan costs this machine: processor time, memory, and the wait for a small plan."""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from benchmarks.cases.specs import fleet
from benchmarks.endpoint import AWS_CLI, elapsed
from benchmarks.measure import Case, Variant
from reconciler.aws.clock import SystemClock
from reconciler.cli.plans.choices import PlanChoices
from reconciler.cli.plans.document import Basis
from reconciler.cli.plans.planning import Planning
from reconciler.cli.plans.recorded import SavedAccount
from reconciler.cli.plans.rendering import rendered
from reconciler.cli.plans.snapshot import Snapshot
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.specs.job import SpecJob
from reconciler.specs.load import load

JOBS, MANY = 1_000, 10_000
LIMIT_MS, LIMIT_MIB = 2_000.0, 256.0
NEOCTL = (sys.executable, "-c", "from reconciler.cli.main import main; main()")
CREATED = datetime(2026, 1, 1, tzinfo=UTC)


class Prepared(NamedTuple):
    """A fleet of which nine in ten jobs are compiled, one in ten is still to be."""

    jobs: list[SpecJob]
    account: SavedAccount


@cache
def prepared(count: int) -> Prepared:
    """Return a fleet as the specs have it, and what List said of the account."""
    jobs = load([fleet(count)]).jobs
    names = [str(job.declaration(None).identity.attempt(0)) for job in jobs]
    listed = [_compiled(name) for number, name in enumerate(names) if number % 10]
    snapshot = Snapshot("111122223333", "us-east-1", CREATED.isoformat(), {"vision-": listed})
    return Prepared(jobs, SavedAccount(snapshot))


def _compiled(name: str) -> ObservedJob:
    arn = f"arn:aws:sagemaker:us-east-1:111122223333:compilation-job/{name}"
    return ObservedJob(
        name, arn, JobStatus.COMPLETED, CREATED, changed=CREATED + timedelta(minutes=5)
    )


def planned(count: int) -> None:
    """Declare, plan and print."""
    jobs, account = prepared(count)
    declared = [job.declaration(None) for job in jobs]
    planning = Planning(declared, PlanChoices(), SystemClock(), time.sleep)
    document = planning.against(account, Basis.SNAPSHOT)
    assert document.counts()["keep"] == count - count // 10
    assert len(document.changes) == count // 10
    assert rendered(document, "text", "changes")


def processor(count: int) -> Callable[[], float]:
    """Return what measures the milliseconds of processor time of a plan besides List."""

    def measure() -> float:
        prepared(count)
        gc.collect()
        began = time.process_time()
        planned(count)
        return (time.process_time() - began) * 1e3

    return measure


def memory(count: int) -> Callable[[], float]:
    """Return what measures the most MiB that a plan holds, besides specs and what was listed."""

    def measure() -> float:
        prepared(count)
        tracemalloc.start()
        planned(count)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak / 2**20

    return measure


CASES = [
    Case(
        "plan-linear",
        "Does planning ten times the jobs take ten times as long?",
        "ms",
        (
            Variant(f"{JOBS:,} jobs", processor(JOBS)),
            Variant(f"{MANY:,} jobs", processor(MANY)),
        ),
        {f"{MANY:,} jobs": 13.0},
        rounds=5,
    ),
    Case(
        "plan-processor",
        f"Does planning {MANY:,} jobs take less than two seconds of processor time besides List?",
        "ms",
        (
            Variant("limit", lambda: LIMIT_MS),
            Variant(f"{MANY:,} jobs", processor(MANY)),
        ),
        {f"{MANY:,} jobs": 1.0},
        rounds=5,
    ),
    Case(
        "plan-memory",
        f"How much memory does a plan of {MANY:,} jobs need besides specs and jobs?",
        "MiB",
        (
            Variant("limit", lambda: LIMIT_MIB),
            Variant(f"{JOBS:,} jobs", memory(JOBS)),
            Variant(f"{MANY:,} jobs", memory(MANY)),
        ),
        {f"{MANY:,} jobs": 1.0},
        rounds=1,
    ),
    Case(
        "plan-start",
        "How long does one wait for neoctl plan of a small spec, beside one call of the AWS CLI?",
        "ms",
        (
            Variant(
                "aws sagemaker list-compilation-jobs",
                elapsed([str(AWS_CLI), "sagemaker", "list-compilation-jobs"]),
            ),
            Variant("neoctl plan", elapsed([*NEOCTL, "plan", str(fleet(2))])),
        ),
        {"neoctl plan": 1.5},
        rounds=15,
    ),
]
