"""Read what drift is found in: the planner's view of the jobs, their models, who changed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler.cli.drifts.classes import DriftClassifier, DriftEvidence
from reconciler.cli.drifts.document import Drift, DriftReport, IgnoredDrift, in_order
from reconciler.cli.options.declared import DeclaredJobs
from reconciler.cli.options.outside import AccountView
from reconciler.cli.plans.choices import PlanChoices
from reconciler.cli.plans.planning import Planning
from reconciler.cli.plans.recorded import RecordedAccount
from reconciler.core.declaration import Declaration
from reconciler.core.fields import S3_URI
from reconciler.core.observed import ObservedJob
from reconciler.core.ownership import Ownership, belongs_to, ownership
from reconciler.core.plan import Await, Defer, Keep
from reconciler.core.ports import Clock, PortError
from reconciler.engine.errors import RequestRejected
from reconciler.engine.reconcile import Planned
from reconciler.engine.source import OtherSource, check_source


@dataclass(slots=True)
class DriftReader:
    """Reads one account, and classes what it finds.

    Attributes:
        unread: Why jobs could not be read, by logical name.
    """

    account: AccountView
    clock: Clock
    pause: Callable[[float], None]
    unread: dict[str, str] = field(default_factory=dict)

    def report(self, declared: DeclaredJobs, ignored: Sequence[IgnoredDrift]) -> DriftReport:
        """Return the drift of the selected jobs. Raises PortError, PlanError."""
        now = self.clock.now()
        recorded = RecordedAccount.of(self.account, now.isoformat(timespec="seconds"))
        choices = PlanChoices(names=declared.patterns, refresh=True)
        planning = Planning(declared.declarations, choices, self.clock, self.pause)
        found = [
            drift
            for _, planned in planning.planned(recorded)
            for drift in self._of_owner(recorded, planned, declared)
        ]
        kept, left_out = _without_ignored(in_order(found), ignored, now)
        return DriftReport(
            account=self.account.id, region=self.account.region, made=now,
            checked=len(declared.selected), drifts=kept, ignored=left_out,
            unread=tuple(sorted(self.unread.items())),
            expired=tuple(each for each in ignored if each.until < now.date()),
        )  # fmt: skip

    def _of_owner(
        self, recorded: RecordedAccount, planned: Planned, declared: DeclaredJobs
    ) -> Iterator[Drift]:
        stale = {}
        for decision in planned.plan.decisions:
            name = decision.declaration.logical_name
            try:
                match decision:
                    case Defer():
                        self.unread[name] = decision.reason
                    case Await():
                        self._read_live(recorded, decision, describe=declared.policy is not None)
                    case Keep():
                        _read_source(recorded, decision.declaration)
            except OtherSource as other:
                stale[name] = str(other)
            except RequestRejected:
                pass  # S3 keeps nothing that could be compared
            except PortError as error:
                self.unread[name] = str(error)
        snapshot = recorded.snapshot
        evidence = DriftEvidence(
            planned.plan, snapshot.described, snapshot.tags, snapshot.heads, stale,
            lambda declaration: self._has_older(recorded, planned, declaration),
            self.account.region, declared.policy,
        )  # fmt: skip
        yield from DriftClassifier(evidence).drifts()

    def _read_live(self, recorded: RecordedAccount, decision: Await, *, describe: bool) -> None:
        """Read what the planner does not need of a live job: whose it is, and how it was made."""
        recorded.gateway.tags(decision.job.arn)
        if describe:
            recorded.gateway.describe(decision.job.name)

    def _has_older(
        self, recorded: RecordedAccount, planned: Planned, declaration: Declaration
    ) -> bool:
        """Return whether a job of ours has the logical name, and another declaration."""
        snapshot = planned.snapshot
        prefix = declaration.identity.family_prefix
        candidates = [job for job in snapshot.finished if job.name.startswith(prefix)]
        try:
            tagged = [replace(job, tags=recorded.gateway.tags(job.arn)) for job in candidates]
        except PortError as error:
            self.unread[declaration.logical_name] = str(error)
            return True  # raises no alarm for what may well be there
        return any(_is_ours(job, declaration) for job in (*snapshot.under_way, *tagged))


def _is_ours(job: ObservedJob, declaration: Declaration) -> bool:
    return ownership(job) is Ownership.OURS and belongs_to(job, declaration.logical_name)


def _read_source(recorded: RecordedAccount, declaration: Declaration) -> None:
    """Look at the model in S3. Raises what check_source raises."""
    uri = declaration.request.text(S3_URI)
    if uri is not None and recorded.artifacts.head(uri, None) is not None:
        check_source(declaration, recorded.artifacts)


def _without_ignored(
    drifts: Iterable[Drift], ignored: Sequence[IgnoredDrift], now: datetime
) -> tuple[tuple[Drift, ...], tuple[tuple[Drift, IgnoredDrift], ...]]:
    kept, left_out = [], []
    for drift in drifts:
        covering = [each for each in ignored if each.covers(drift, now.date())]
        if covering:
            left_out.append((drift, covering[0]))
        else:
            kept.append(drift)
    return tuple(kept), tuple(left_out)
