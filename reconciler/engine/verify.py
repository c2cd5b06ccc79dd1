"""Verify: read the artifacts of declared jobs that have COMPLETED, each once.

It comes last in a pass, since reading takes long and starting jobs does not. What was found is kept
in the job's record; it changes what is reported, and nothing of the plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.core.artifact_verdict import ArtifactVerdict
from reconciler.core.completion import Failed, Pending, Succeeded, completion
from reconciler.core.declaration import Declaration
from reconciler.core.observed import ObservedJob
from reconciler.core.operation import Operation
from reconciler.core.plan import Keep, Plan
from reconciler.core.ports import Invalid, PortError
from reconciler.engine.act import BATCH_TIME
from reconciler.engine.artifact_findings import report_verdict
from reconciler.engine.backoff import Backoff
from reconciler.engine.errors import outcome_of
from reconciler.engine.lease import Lease
from reconciler.engine.ports import Ports
from reconciler.engine.snapshot import FleetSnapshot


@dataclass(slots=True)
class ArtifactReview:
    """Verifies artifacts in one pass, as far as there is time.

    Attributes:
        operation: What the pass is part of. IAM may lag behind its beginning.
        bucket_owner: The account that must own the output bucket, if it is known.
    """

    ports: Ports
    lease: Lease
    backoff: Backoff
    snapshot: FleetSnapshot
    operation: Operation
    bucket_owner: str | None = None
    _renewed: datetime | None = None

    def review(self, plan: Plan) -> None:
        """Verify what was not verified yet. Raises what ``lease.renew`` raises."""
        for decision in plan.decisions:
            if isinstance(decision, Keep) and isinstance(completion(decision), Succeeded):
                self._review(decision)

    def _review(self, kept: Keep) -> None:
        record = self.snapshot.records.get(kept.job.name)
        if record is None or self._is_settled(record.verdict):
            return
        if not self.backoff.has_time():
            return
        self._renew()
        try:
            verdict = self._verdict(kept.declaration, kept.job)
        except PortError as error:
            elapsed = self.ports.clock.now() - self.operation.began
            self.snapshot.unverified[kept.job.name] = outcome_of(error, elapsed)
            self.ports.progress("artifact not verified", job=kept.job.name, reason=str(error))
            return
        kept_verdict = replace(verdict, operation=self.operation.id) if verdict.errors else verdict
        self.snapshot.records[kept.job.name] = replace(record, verdict=kept_verdict)
        report_verdict(self.ports, kept.job, verdict)

    def _is_settled(self, verdict: ArtifactVerdict | None) -> bool:
        """Return whether a verdict holds: errors may have been mended since an operation before."""
        if verdict is None:
            return False
        return not verdict.errors or verdict.operation == self.operation.id

    def _verdict(self, declaration: Declaration, job: ObservedJob) -> ArtifactVerdict:
        if self.ports.verifier is None:
            raise Invalid("NoVerifier", "this function's code verifies nothing")
        return self.ports.verifier.verify(declaration, job, self.bucket_owner)

    def _renew(self) -> None:
        """Renew the lease now and then: one artifact may take longer than a batch of changes."""
        now = self.ports.clock.now()
        if self._renewed is None or now - self._renewed >= BATCH_TIME:
            self.lease.renew(creates=False)
            self._renewed = now


def verification_of(job: ObservedJob, snapshot: FleetSnapshot) -> ArtifactVerdict | Pending:
    """Return what is known of an artifact; that it cannot be read is an error of it."""
    record = snapshot.records.get(job.name)
    if record is not None and record.verdict is not None:
        return record.verdict
    match snapshot.unverified.get(job.name):
        case Failed() as failed:
            return ArtifactVerdict(errors=(f"The artifact cannot be read: {failed}",))
        case Pending(reason):
            return Pending(f"its artifact is not verified: {reason}")
        case None:
            return Pending("its artifact is not verified yet")
