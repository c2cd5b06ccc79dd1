"""Import existing jobs: read them, write their spec, and make sure that it plans empty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from reconciler.cli.imports.existing import fleet_of
from reconciler.cli.imports.writing import fleet_text
from reconciler.cli.options.outside import AccountView
from reconciler.core.existing_job import existing_job_decision
from reconciler.core.fleet.variables import references_in
from reconciler.core.identity import Owner
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ownership import Ownership, ownership
from reconciler.core.plan import Await, Keep
from reconciler.rules.finding import Severity
from reconciler.specs.checking import check
from reconciler.specs.load import load_text


@dataclass(slots=True)
class JobImport:
    """Imports jobs of one account into a fleet of an owner.

    Attributes:
        left_out: Why jobs were not imported, by name.
    """

    account: AccountView
    owner: Owner
    left_out: dict[str, str] = field(default_factory=dict)

    def named(self, names: Iterable[str]) -> str:
        """Return the spec of the jobs of these names. Raises PortError."""
        return self._text(self._described(dict.fromkeys(names)))

    def with_prefix(self, prefix: str) -> str:
        """Return the spec of the jobs that are not ours and whose names begin so."""
        listed = self.account.gateway.list(prefix)
        names = sorted(job.name for job in listed if job.name.startswith(prefix))
        return self._text(self._of_others(self._described(names)))

    def _described(self, names: Iterable[str]) -> Iterator[ObservedJob]:
        gateway = self.account.gateway
        for name in names:
            job = gateway.describe(name)
            tags = None if job is None else gateway.tags(job.arn)
            if job is None or tags is None:
                self.left_out[name] = "no job has this name"
            elif job.phase in {Phase.ENDED, Phase.STOPPING}:
                self.left_out[name] = f"it is {job.status}: there is no artifact to keep"
            else:
                yield replace(job, tags=tags)

    def _of_others(self, jobs: Iterable[ObservedJob]) -> Iterator[ObservedJob]:
        for job in jobs:
            name = job.job_name
            if name is not None and ownership(job) is Ownership.OURS:
                owner = name.identity.owner.name
                self.left_out[job.name] = f"it is managed already, with the owner {owner}"
            else:
                yield job

    def _text(self, jobs: Iterable[ObservedJob]) -> str:
        kept = [job for job in jobs if self._is_satisfied(job)]
        return self._written(kept) if kept else ""

    def _written(self, jobs: Iterable[ObservedJob]) -> str:
        return fleet_text(fleet_of(jobs, self.owner.name, self.account.region))

    def _is_satisfied(self, job: ObservedJob) -> bool:
        """Return whether a job satisfies its spec as it will be read; if not, note why."""
        loaded = load_text(self._written([job]), f"{job.name}.yaml")
        errors = [each for each in check(loaded) if each.finding.severity is Severity.ERROR]
        if errors or len(loaded.jobs) != 1:
            finding = errors[0].finding
            self.left_out[job.name] = f"{finding.code} {finding.path}: {finding.message}"
            return False
        if references_in(loaded.jobs[0].wire):
            self.left_out[job.name] = "it holds text in the form of a variable, ${var.…}"
            return False
        decision = existing_job_decision(loaded.jobs[0].declaration(), [job])
        if not isinstance(decision, Keep | Await):
            self.left_out[job.name] = decision.reason
            return False
        return True
