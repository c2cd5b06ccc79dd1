"""100,000 jobs over accounts and regions, in simulated time: `python -m benchmarks.scale`.

The product's own code plans and applies every place (an account and region) on the in-memory
service (``benchmarks.simulated``). The figures of docs/scale.md are kept in results/scale.json.
"""

from __future__ import annotations

import json
import sys
import time
import tracemalloc
from collections import Counter
from typing import Final

from benchmarks.__main__ import RESULTS
from benchmarks.simulated import SimulatedAccount, TokenBucket, declarations
from reconciler.cli.plans.owner_run import Until
from reconciler.core.identity import Owner
from tests.fakes.sagemaker import Behaviour, Script

ACCOUNTS: Final = 10
REGIONS: Final = 4
JOBS: Final = 2_500
NEW_JOBS: Final = 500
QUOTA: Final = 50
CREATES_PER_SECOND: Final = 2.0
COMPILING: Final = Script(starting=10, running=300)
CHANGED: Final = 25
Figures = dict[str, float | int | dict[str, int]]


def at_rest() -> Figures:
    """Plan every place when nothing has changed."""
    calls: Counter[str] = Counter()
    seconds: list[float] = []
    processor = 0.0
    for place in range(ACCOUNTS * REGIONS):
        declared = declarations(JOBS, Owner(f"place{place}"))
        account = SimulatedAccount(seed=place)
        account.has_compiled(declared)
        began, used = account.clock.time, time.process_time()
        document = account.plan(declared)
        processor += time.process_time() - used
        assert not document.changes
        calls += account.calls
        seconds.append(account.clock.time - began)
    return {
        "places": ACCOUNTS * REGIONS, "jobs": ACCOUNTS * REGIONS * JOBS, "calls": dict(calls),
        "seconds of the slowest place": round(max(seconds), 1),
        "seconds one after the other": round(sum(seconds), 1),
        "processor seconds, the service's double included": round(processor, 1),
    }  # fmt: skip


def first_compilation() -> Figures:
    """Apply one place whose jobs are all new, within its quota."""
    bucket = TokenBucket(CREATES_PER_SECOND, 2)
    account = SimulatedAccount(Behaviour(quota=QUOTA), {"CreateCompilationJob": bucket})
    account.sagemaker.script_of = lambda _: COMPILING
    declared = declarations(NEW_JOBS)
    took = account.seconds(lambda: account.apply(declared, Until.ENDED))
    assert len(account.sagemaker.accepted()) == NEW_JOBS
    ideal = NEW_JOBS / QUOTA * (COMPILING.starting + COMPILING.running)
    return {
        "jobs": NEW_JOBS, "quota": QUOTA, "calls": dict(account.calls),
        "hours": round(took / 3600, 2),
        "hours that the quota allows": round(ideal / 3600, 2),
    }  # fmt: skip


def a_change() -> Figures:
    """Apply one place of which a few jobs are new: one commit."""
    account, declared = SimulatedAccount(), declarations(JOBS)
    account.has_compiled(declared[CHANGED:])
    account.sagemaker.script_of = lambda _: COMPILING
    took = account.seconds(lambda: account.apply(declared, Until.ENDED))
    assert len(account.sagemaker.accepted()) == CHANGED
    return {
        "jobs": JOBS, "new": CHANGED, "calls": dict(account.calls), "minutes": round(took / 60, 1)
    }  # fmt: skip


def memory() -> Figures:
    """Plan one place, and see what that holds at most."""
    account, declared = SimulatedAccount(), declarations(JOBS)
    account.has_compiled(declared)
    tracemalloc.start()
    account.plan(declared)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"jobs": JOBS, "MiB": round(peak / 2**20, 1)}


def main() -> int:
    """Simulate, print, and keep the figures."""
    figures: dict[str, Figures] = {}
    for each in (memory, a_change, first_compilation, at_rest):
        name = each.__name__.replace("_", " ")
        figures[name] = each()
        print(name, figures[name], flush=True)
    text = json.dumps(figures, indent=1)
    (RESULTS / "scale.json").write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
