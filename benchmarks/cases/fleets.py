"""What a fleet costs at the service: calls, and seconds of simulated time at its rates.

The product's own code runs on an in-memory account (``benchmarks.simulated``), beside what others
do for as many jobs: one Describe per job (Terraform, ACK), and one Describe per job every five
seconds (``wait_for_compilation_job`` of the SageMaker SDK). The numbers are exact: they do not
depend on the machine.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.measure import Case, Variant
from benchmarks.simulated import ROLE, SimulatedAccount, TokenBucket, declarations
from reconciler.cli.plans.owner_run import Until
from reconciler.core.declaration import Declaration
from tests.fakes.sagemaker import LIVE, Behaviour, Script, Wire
from tests.simulation.fleet.world import FleetWorld
from tests.simulation.fleet.world import jobs as fleet_jobs

AT_REST = 1_000
IN_FLIGHT = 200
COMPILING = Script(starting=10, running=300)
CREATES = 500
CREATES_PER_SECOND = 2.0
DESCRIBES_PER_SECOND = 5.0
LIST = "ListCompilationJobs"
DESCRIBE = "DescribeCompilationJob"


def at_rest() -> tuple[SimulatedAccount, list[Declaration]]:
    """Return an account in which everything is compiled, and what declares it."""
    account, declared = SimulatedAccount(), declarations(AT_REST)
    account.has_compiled(declared)
    return account, declared


def describe_each() -> float:
    """Look at every job of a fleet at rest by Describe; return the calls."""
    account, declared = at_rest()
    return account.counted(lambda: describe_all(account, declared)).total()


def describe_all(account: SimulatedAccount, declared: list[Declaration]) -> None:
    """Describe every job, no faster than the service answers."""
    for each in declared:
        account.clock.advance(1 / DESCRIBES_PER_SECOND - 0.05)
        assert account.gateway.describe(str(each.identity.attempt(0))) is not None


def plan_at_rest() -> float:
    """Plan a fleet at rest; return the calls, all of them List."""
    account, declared = at_rest()
    made = account.counted(lambda: unchanged(account, declared))
    assert set(made) == {LIST}, made
    return made.total()


def unchanged(account: SimulatedAccount, declared: list[Declaration]) -> None:
    """Plan, and find nothing to do."""
    document = account.plan(declared)
    assert not document.changes
    assert document.counts()["keep"] == AT_REST


def schedule_at_rest() -> float:
    """Run the schedule of a fleet at rest; return its calls to SageMaker, all of them List."""
    world = FleetWorld()
    world.create(world.properties(fleet_jobs(AT_REST)))
    made = world.counted(world.schedule)
    made = {name: calls for name, calls in made.items() if name.endswith(("Job", "Jobs", "Tags"))}
    assert set(made) == {LIST}, made
    return sum(made.values())


def describing_seconds() -> float:
    """Return the simulated seconds of looking at every job by Describe."""
    account, declared = at_rest()
    return account.seconds(lambda: describe_all(account, declared))


def planning_seconds() -> float:
    """Return the simulated seconds of planning a fleet at rest."""
    account, declared = at_rest()
    return account.seconds(lambda: unchanged(account, declared))


def in_flight() -> tuple[SimulatedAccount, list[Declaration]]:
    """Return an account whose jobs take five minutes."""
    account = SimulatedAccount()
    account.sagemaker.script_of = lambda _: COMPILING
    return account, declarations(IN_FLIGHT)


def waiters(every: float) -> Callable[[], float]:
    """Return what counts the Describes of a waiter per job; they wait at the same time."""

    def measure() -> float:
        account, declared = in_flight()
        names = [str(each.identity.attempt(0)) for each in declared]
        for each, name in zip(declared, names, strict=True):
            account.gateway.create(each.create_request(name, ()))
        began, calls = account.clock.time, 0
        while names:
            account.clock.time = began = began + every
            ended = [job.name for job in account.sagemaker.jobs if job.status(began) not in LIVE]
            calls += len(names)
            names = [name for name in names if name not in ended]
        return calls

    return measure


def apply_in_flight() -> float:
    """Apply and wait for the end; return the calls that read."""
    account, declared = in_flight()
    made = account.counted(lambda: account.apply(declared, Until.ENDED))
    assert made["CreateCompilationJob"] == IN_FLIGHT
    assert made[DESCRIBE] <= IN_FLIGHT, "each job is described once, when it has ended"
    return made.total() - IN_FLIGHT


def created_seconds(burst: float) -> Callable[[], float]:
    """Return what measures the seconds until all creates are accepted at the service's rate."""

    def measure() -> float:
        bucket = TokenBucket(CREATES_PER_SECOND, burst)
        account = SimulatedAccount(rates={"CreateCompilationJob": bucket})
        declared = declarations(CREATES)
        took = account.seconds(lambda: account.apply(declared, Until.ACCEPTED))
        assert len(account.sagemaker.accepted()) == CREATES
        return took

    return measure


QUOTA, TROUBLED = 40, 300
POISONED = frozenset({"model-00003/ml_c5", "model-00050/ml_c5", "model-00299/ml_c5"})
BROKEN = Script(running=5, outcome="FAILED", reason="ClientError: InputConfiguration: no")


def with_quota(throttled: float, iam_lag: float) -> Callable[[], float]:
    """Return what measures the seconds until all but the poisoned jobs of a fleet are compiled."""

    def script(request: Wire) -> Script:
        poisoned = any(name in request["InputConfig"]["S3Uri"] for name in POISONED)
        return BROKEN if poisoned else Script(running=120)

    def measure() -> float:
        account = SimulatedAccount(Behaviour(quota=QUOTA), throttled=throttled)
        account.sagemaker.script_of = script
        account.sagemaker.role_usable_at = {ROLE: account.clock.time + iam_lag}
        declared = declarations(TROUBLED)
        began = account.clock.time
        [run] = account.apply(declared, Until.ENDED).runs
        assert run.failures().keys() == POISONED, run.failures()
        compiled = sum(entry.status == "COMPLETED" for entry in run.entries().values())
        assert compiled == TROUBLED - len(POISONED)
        assert len(account.sagemaker.accepted()) == TROUBLED, "no create is paid for twice"
        return account.clock.time - began

    return measure


CASES = [
    Case(
        "fleet-at-rest",
        f"How many calls does it take to see that nothing of {AT_REST} jobs has changed?",
        "calls",
        (
            Variant("a Describe a job, as Terraform and ACK", describe_each),
            Variant("neoctl plan", plan_at_rest),
            Variant("the fleet's schedule", schedule_at_rest),
        ),
        {"neoctl plan": 0.01, "the fleet's schedule": 0.01},
        rounds=1,
    ),
    Case(
        "fleet-at-rest-seconds",
        f"And how long, at {DESCRIBES_PER_SECOND:g} Describe or 2 List a second?",
        "s",
        (
            Variant("a Describe a job, as Terraform and ACK", describing_seconds),
            Variant("neoctl plan", planning_seconds),
        ),
        {"neoctl plan": 0.05},
        rounds=1,
    ),
    Case(
        "fleet-in-flight",
        f"How many calls does it take to wait for {IN_FLIGHT} jobs of five minutes?",
        "calls",
        (
            Variant("a Describe a job every 5 s, as the SageMaker SDK", waiters(5)),
            Variant("a Describe a job every 20 s", waiters(20)),
            Variant("neoctl apply", apply_in_flight),
        ),
        {"neoctl apply": 0.05},
        rounds=1,
    ),
    Case(
        "fleet-creates",
        f"How long do {CREATES} creates take at {CREATES_PER_SECOND:g} a second?",
        "s",
        (
            Variant("what the rate allows", lambda: CREATES / CREATES_PER_SECOND),
            Variant("neoctl apply, no bursts", created_seconds(burst=1)),
            Variant("neoctl apply, bursts of two", created_seconds(burst=2)),
            Variant("neoctl apply, bursts of ten", created_seconds(burst=10)),
        ),
        {
            "neoctl apply, no bursts": 1.1,
            "neoctl apply, bursts of two": 1.1,
            "neoctl apply, bursts of ten": 1.1,
        },
        rounds=1,
    ),
    Case(
        "fleet-in-trouble",
        f"What do trouble and three failing jobs cost {TROUBLED} jobs at a quota of {QUOTA}?",
        "s",
        (
            Variant("no trouble but the quota", with_quota(0, 0)),
            Variant("20 % of all calls throttled", with_quota(0.2, 0)),
            Variant("and a role that IAM shows after 60 s", with_quota(0.2, 60)),
        ),
        {"20 % of all calls throttled": 1.5, "and a role that IAM shows after 60 s": 1.6},
        rounds=1,
    ),
]
