"""One account, one owner's jobs: applies and the schedule of a deployed fleet act on them.

It is the fleet's world (``tests.simulation.fleet.world``) with further actors; every call of each
may be throttled, fail, lose its answer, or be the last of its process.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

from reconciler.aws.access import Access
from reconciler.cli.plans.applying import Application, PlacePlan
from reconciler.cli.plans.choices import PlanChoices
from reconciler.cli.plans.document import Basis, PlanDocument
from reconciler.cli.plans.owner_run import Until
from reconciler.cli.plans.planning import Planning
from reconciler.cli.plans.progress import NoProgress
from reconciler.core.declaration import Declaration
from reconciler.core.failure import FailureKind
from reconciler.core.fleet.document import FleetDocument
from reconciler.core.fleet.generation import StateError
from reconciler.core.identity import JobName, Owner
from reconciler.core.ports import PortError, Unavailable
from tests.fakes.gateway import FakeArtifacts, FakeClock, FakeGateway
from tests.fakes.sagemaker import ApiError, Behaviour, FakeSageMaker, Job, Script
from tests.simulation.applies.turns import Turns
from tests.simulation.cloudformation.faults import Chance, Switches
from tests.simulation.fleet.world import OWNER, ROLE, FleetWorld
from tests.simulation.fleet.world import job as document_job
from tests.unit.cli.planned import FakeAccount, Terminal

CHANGES: Final = ("Create", "Stop", "Delete", "AddTags", "DeleteTags")
CHANGING: Final = frozenset(
    {
        "CreateCompilationJob", "StopCompilationJob", "DeleteCompilationJob",
        "AddTags", "DeleteTags",
    }
)  # fmt: skip
PATIENCE: Final = 200
STATE: Final = "s3://state/neo"
_FAULTS: Final = {
    "call_throttled": "ThrottlingException", "call_server_error": "InternalFailure",
}  # fmt: skip
NAMES: Final = ("detector/ml_c5", "lanes/ml_c5", "resnet/ml_c5")
SCRIPTS: Final = (
    Script(running=60),
    Script(running=60),
    Script(running=900),
    Script(running=50_000),
    Script(running=60, completes_when_stopped=True),
    Script(outcome="FAILED", reason="ClientError: InputConfiguration: no"),
    Script(outcome="FAILED", reason="InternalServerError: try again later"),
)
Declared = dict[str, tuple[str, str]]
"""Model and team of each declared logical name."""


class Killed(BaseException):
    """SIGKILL: the process is gone, nothing may catch it."""


@dataclass(slots=True)
class ApplyActor:
    """One process that acts.

    Attributes:
        kind: What it is.
        document: What it applies; None for the schedule, or before it has planned.
        until: What it waits for; None for either.
        patience: So many seconds it waits.
        began: When it began to act.
        changes: The changes that it made, as operation and job.
        answered: The jobs whose creation it was answered.
        last_operation: Which of its calls are counted; empty for all.
        last_call: At which of these it ends, by ``ending``; 0 for none.
    """

    kind: str
    last_operation: str = ""
    last_call: int = 0
    after_call: bool = False
    ending: type[BaseException] = Killed
    document: PlanDocument | None = None
    until: Until | None = None
    patience: int = PATIENCE
    began: float = 0.0
    changes: list[tuple[str, str]] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    calls: int = 0

    def ends_at(self, operation: str) -> bool:
        """Return whether this call is its last one."""
        return operation in (self.last_operation or operation) and self.calls == self.last_call


@dataclass(slots=True)
class ApplyWorld:
    """The world of one history.

    Attributes:
        declared: What everybody declares now; the fleet's generation, too.
        plans: The texts of plan files that were written.
        tampered: How often somebody changed records of an identity behind everybody's back.
        disowned: Names of jobs that somebody made foreign.
    """

    chance: Chance
    switches: Switches = field(default_factory=Switches)
    declared: Declared = field(default_factory=dict)
    plans: list[str] = field(default_factory=list)
    actors: list[ApplyActor] = field(default_factory=list)
    acting: list[ApplyActor] = field(default_factory=list)
    tampered: Counter[str] = field(default_factory=Counter)
    disowned: set[str] = field(default_factory=set)
    claims: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    fleet: FleetWorld = field(init=False)
    turns: Turns = field(init=False)

    def __post_init__(self) -> None:
        switches = self.switches
        behaviour = Behaviour(
            not_found="ValidationException" if switches.not_found_is_validation_error
            else "ResourceNotFound",
            stop_on_terminal="refused" if switches.stop_on_terminal_is_refused else "accepted",
            quota=switches.quota or None,
            empty_pages=switches.empty_pages,
        )  # fmt: skip
        self.fleet = FleetWorld(behaviour, fault=self._before, after=self._after)
        self.turns = Turns(self.clock, self.chance.random)
        self.sagemaker.script_of = lambda request: self.chance.random.choice(SCRIPTS)
        self.sagemaker.list_lag = lambda: self.chance.between(0, switches.list_lag)
        self.sagemaker.describe_lag = lambda: self.chance.between(0, switches.describe_lag)

    @property
    def clock(self) -> FakeClock:
        return self.fleet.clock

    @property
    def sagemaker(self) -> FakeSageMaker:
        return self.fleet.sagemaker

    @property
    def account(self) -> FakeAccount:
        """The account, as neoctl connects to it."""
        return replace(
            Terminal(self.clock).connect(Access()),
            gateway=FakeGateway(self.sagemaker, self.fleet.travel),
            artifacts=FakeArtifacts(self.sagemaker, self.fleet.travel),
            buckets=self.fleet,
        )

    # --- calls ------------------------------------------------------------------------------------

    def _before(self, operation: str, number: int) -> None:
        self.turns.switch()
        actor = self.actor
        if actor is None:
            return
        actor.calls += actor.last_operation in ("", operation)
        if actor.ends_at(operation) and not actor.after_call:
            self._end(actor, operation)
        for fault, code in _FAULTS.items():
            if self.chance.hit(fault):
                raise _error(operation, code)

    def _after(self, operation: str, number: int) -> None:
        actor = self.actor
        if actor is None:
            return
        made = self.sagemaker.calls[-1] if self.sagemaker.calls else None
        is_change = made is not None and operation in CHANGING and made.outcome == "ok"
        if made is not None and is_change:
            actor.changes.append((made.operation, made.name))
        if actor.ends_at(operation) and actor.after_call:
            self._end(actor, operation)
        if self.chance.hit("call_lost_response"):
            raise _error(operation, "RequestTimeout")
        if made is not None and is_change and made.operation == "Create":
            actor.answered.append(made.name)

    def _end(self, actor: ApplyActor, operation: str) -> None:
        where = "after" if actor.after_call else "before"
        self.chance.visit(f"{actor.ending.__name__} {where} {operation}")
        raise actor.ending

    @property
    def actor(self) -> ApplyActor | None:
        """Who makes the present call; None outside of any actor's turn."""
        return self.acting[self.turns.now] if self.acting else None

    # --- actors -----------------------------------------------------------------------------------

    def act(self, actors: Sequence[ApplyActor]) -> None:
        """Let actors run at the same time, each to its end."""
        self.acting = list(actors)
        self.actors += actors
        try:
            self.turns.run([lambda actor=actor: self._run(actor) for actor in actors])  # type: ignore[misc]
        finally:
            self.acting = []

    def _run(self, actor: ApplyActor) -> None:
        with contextlib.suppress(Killed, KeyboardInterrupt, PortError, StateError):
            if actor.kind == "schedule":
                self.fleet.schedule(refresh=self.chance.random.random() < 0.2)
            else:
                self._apply(actor)

    def _apply(self, actor: ApplyActor) -> None:
        if actor.document is None:
            prune, shared = self.chance.random.random() < 0.3, self.chance.random.random() < 0.5
            actor.document = self.plan(prune=prune, shared=shared)
        operation = f"apply-{len(self.actors)}-{self.actors.index(actor)}"
        view = NoProgress(self.turns.sleep)
        application = Application(self.clock, self.turns.sleep, view, operation)
        plan = PlacePlan(actor.document, self.account)
        until = actor.until or self.chance.random.choice([*Until])
        actor.began = self.clock.time
        try:
            application.run([plan], until, self.clock.now() + timedelta(seconds=actor.patience))
        finally:
            self._check_claims(application)
            if actor.ending is KeyboardInterrupt:
                self._check_named(actor, application)

    def _check_named(self, actor: ApplyActor, application: Application) -> None:
        """Check that an interrupted apply can name the jobs that it left running."""
        named = set(application.still_running())
        for name in actor.answered:
            job = self.sagemaker.job(name)
            if job is not None and job in self.sagemaker.live() and name not in named:
                self.claims.append(f"Ctrl-C did not name {name}")

    def _check_claims(self, application: Application) -> None:
        """Check that what is called compiled is compiled (I8)."""
        for run in application.runs:
            for entry in run.entries().values():
                if entry.status == "COMPLETED" and not self._was_completed(entry.name):
                    self.claims.append(f"I8: {entry.name} is called COMPLETED")

    def _was_completed(self, name: str) -> bool:
        now = self.clock.time
        return any(
            job.name == name and job.status(now) == "COMPLETED" for job in self.sagemaker.jobs
        )

    def plan(
        self,
        *,
        prune: bool = False,
        retry: bool = False,
        refresh: bool = False,
        shared: bool = False,
    ) -> PlanDocument:
        """Plan what is declared now, as neoctl plan does; ``shared`` with --state.

        Raises PortError.
        """
        choices = PlanChoices(
            prune=prune, refresh=refresh, state=STATE if shared else "",
            retry_failed=tuple(FailureKind) if retry else (),
        )  # fmt: skip
        planning = Planning(
            self.declarations(), choices, self.clock, self.turns.sleep, frozenset({Owner(OWNER)})
        )
        return planning.against(self.account, Basis.ACCOUNT)

    # --- what is declared -------------------------------------------------------------------------

    def declarations(self) -> tuple[Declaration, ...]:
        """Return what is declared now, as the fleet's document has it."""
        return _declarations(tuple(sorted(self.declared.items())))

    def document_jobs(self) -> list[dict[str, Any]]:
        """Return the jobs of the fleet's document."""
        return [_job(name, *how) for name, how in sorted(self.declared.items())]

    def deploy(self) -> None:
        """Let a deployment make what is declared now the fleet's generation."""
        acting, self.acting = self.acting, []
        properties = self.fleet.properties(
            self.document_jobs(), Wait="false", OnFailure="continue", Continues="true",
            DeadlineSeconds="300",
        )  # fmt: skip
        if self.fleet.status == "CREATE_IN_PROGRESS":
            self.fleet.create(properties)
        else:
            self.fleet.update(properties, properties)
        self.acting = acting

    # --- the truth --------------------------------------------------------------------------------

    def ours(self) -> list[Job]:
        """Return the jobs that our actors made."""
        return [job for job in self.sagemaker.jobs if not job.foreign]


def identity(name: str) -> str:
    """Return a job's name without its attempt."""
    parsed = JobName.parse(name)
    return name if parsed is None else str(parsed.identity)


def _job(name: str, model: str, team: str) -> dict[str, Any]:
    made = document_job(name, model)
    made["request"]["Tags"] = [{"Key": "team", "Value": team}]
    return made


@cache
def _declarations(declared: tuple[tuple[str, tuple[str, str]], ...]) -> tuple[Declaration, ...]:
    """Return declarations with their identities, which are the same in every history."""
    document = FleetDocument.of([_job(name, *how) for name, how in declared], {"role": "text"})
    return document.resolved({"role": ROLE}).declarations(Owner(OWNER))


def _error(operation: str, code: str) -> Exception:
    """Return what a call is answered: of the state's objects, what their port promises."""
    if operation in {"GetObject", "PutObject", "DeleteObject"}:
        return Unavailable(code, "a fault")
    return ApiError(code, "a fault")
