"""Verify a job's artifact before its success is reported, as the property Verify asks for.

Nothing is compiled again for what is found: the job stays, and a further deployment reads the same
artifact. A rollback is never failed: it has to end, and comes back to what was deployed before.
"""

from __future__ import annotations

from reconciler.core import contract, metric_names
from reconciler.core.artifact_verdict import ArtifactVerdict
from reconciler.core.completion import Completion, Pending, Succeeded, unverified
from reconciler.core.contract import IAM_LAG, Verify
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ports import PortError
from reconciler.engine.artifact_findings import report_verdict
from reconciler.handler.cfn.fence import StackPhase, phase_of
from reconciler.handler.cfn.properties import PropertiesError
from reconciler.handler.job.poll import JobPoll
from reconciler.handler.job.properties import JobProperties
from reconciler.handler.job.undoing import undoes_a_failed_update


def verified(poll: JobPoll, properties: JobProperties, outcome: Completion) -> Completion:
    """Return the outcome, which a success remains if its artifact is verified.

    Raises PropertiesError if this function's asset holds nothing that verifies.
    """
    match outcome:
        case Succeeded(_, job) if properties.verify is not Verify.OFF:
            if job.phase is not Phase.COMPLETED:  # accepted, and not waited for
                return _with_findings(outcome, "")
            fails = properties.verify is Verify.FAIL and not _is_rollback(poll)
            return _verified(poll, properties, outcome, fails=fails)
        case _:
            return outcome


def _verified(
    poll: JobPoll, properties: JobProperties, success: Succeeded, *, fails: bool
) -> Completion:
    match _verdict(poll, properties, success.job, fails=fails):
        case Pending() as pending:
            return pending
        case ArtifactVerdict() as verdict if verdict.errors and fails:
            return unverified(success.job, verdict)
        case ArtifactVerdict() as verdict:
            return _with_findings(success, verdict.text)


def _with_findings(success: Succeeded, text: str) -> Succeeded:
    return Succeeded({**success.attributes, contract.ARTIFACT_FINDINGS: text}, success.job)


def _is_rollback(poll: JobPoll) -> bool:
    """Return whether an update is undone. Raises PortError."""
    if poll.timing.baseline.phase is StackPhase.ROLLBACK or undoes_a_failed_update(poll.event):
        return True
    view = poll.ports.stacks.stack(poll.event.stack_id)  # the first reading may have lagged behind
    return view is not None and phase_of(view.status) is StackPhase.ROLLBACK


def _verdict(
    poll: JobPoll, properties: JobProperties, job: ObservedJob, *, fails: bool
) -> ArtifactVerdict | Pending:
    """Return what was found. That the artifact cannot be read is an error, or waited for.

    What may pass is waited for until the deadline if the operation depends on it, and for as long
    as IAM may lag if not.
    """
    verifier = poll.ports.verifier
    if verifier is None:
        raise PropertiesError(
            f"{contract.VERIFY} is {properties.verify}, but this function's code verifies nothing; "
            "deploy it with the constructs that wrote the property"
        )
    try:
        verdict = verifier.verify(properties.declaration, job, properties.bucket_owner)
    except PortError as error:
        match poll.outcome_of(error):
            case Pending(reason) if fails or _may_wait(poll):
                return Pending(f"{job.name} is COMPLETED, its artifact is not verified: {reason}")
            case failed:
                verdict = ArtifactVerdict(errors=(f"The artifact cannot be read: {failed}",))
    report_verdict(poll.ports, job, verdict)
    if verdict.errors:
        poll.meter.count(metric_names.JOBS_UNVERIFIED)
    return verdict


def _may_wait(poll: JobPoll) -> bool:
    return poll.elapsed() <= IAM_LAG and not _is_rollback(poll)
