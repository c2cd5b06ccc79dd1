"""Reading and checking one artifact, from what was ordered to what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from reconciler.cli.model.options import ReadOptions, opened, read_budget
from reconciler.cli.options.outside import ConnectedAccount
from reconciler.cli.options.specs import could_not_run
from reconciler.cli.verification.orders import VerifyOrder
from reconciler.cli.verification.running import RunOutcome, RunSettings, check_run, run_artifact
from reconciler.core.ports import PortError
from reconciler.inspection.gunzip import ByteStream
from reconciler.rules.finding import Finding
from reconciler.specs.checking import Located
from reconciler.specs.source import Source
from reconciler.verification.artifact import Artifact, read_artifact, read_model_files
from reconciler.verification.checks import check_artifact
from reconciler.verification.provenance import check_provenance


@dataclass(frozen=True, slots=True)
class ArchiveOpener:
    """Opens archives: a job's with the account's client, others as `inspect` does."""

    account: Callable[[], ConnectedAccount]
    reading: ReadOptions

    def open(self, where: str, order: VerifyOrder) -> AbstractContextManager[ByteStream]:
        """Return a stream of an archive of the order. Raises OSError."""
        if order.in_account and where.startswith("s3://"):
            return nullcontext(self.account().open_artifact(where))
        return opened(where, self.reading)


@dataclass(frozen=True, slots=True)
class Verified:
    """An artifact that was read, and what was found; `run` is None if it was not to be run."""

    order: VerifyOrder
    artifact: Artifact
    run: RunOutcome | None
    findings: Sequence[Located]


def verified(
    order: VerifyOrder, opener: ArchiveOpener, unwanted: frozenset[str], run: RunSettings | None
) -> Verified:
    """Read, check and if asked for run one artifact; exit with 2 if it cannot be read."""
    try:
        return verify_artifact(order, opener, unwanted, run)
    except (OSError, PortError) as error:
        could_not_run(f"{order.name}: {getattr(error, 'strerror', None) or error}")


def verify_artifact(
    order: VerifyOrder,
    opener: ArchiveOpener,
    unwanted: frozenset[str] = frozenset(),
    run: RunSettings | None = None,
) -> Verified:
    """Read, check and if asked for run one artifact. Raises OSError, PortError."""
    expected = order.expected
    with opener.open(order.where, order) as stream:
        artifact = read_artifact(stream, read_budget(opener.reading), order.digest)
    if artifact.models and order.model:
        with opener.open(order.model, order) as stream:
            files, _ = read_model_files(stream, read_budget(opener.reading))
        expected = replace(expected, model_files=files)
    outcome = _run(order, artifact, opener, run) if run else None
    found = list(check_artifact(artifact, expected))
    if order.provenance:
        found += check_provenance(artifact, order.provenance, expected)
    if run and outcome:
        found += check_run(outcome, run)
    located = [_located(finding, order) for finding in found if finding.code not in unwanted]
    return Verified(order, artifact, outcome, located)


def _run(
    order: VerifyOrder, artifact: Artifact, opener: ArchiveOpener, settings: RunSettings
) -> RunOutcome:
    if "-" in (order.where, order.model):
        return RunOutcome("standard input is read only once; give a file")
    if not order.model:
        return RunOutcome("the model to compare it with is not known; name it with --model")
    library = next(iter(artifact.libraries.values()), None)
    if library is None:
        return RunOutcome("there is no library in it that could be read")
    files = (opener.open(order.where, order), opener.open(order.model, order))
    return run_artifact(*files, library, settings)


def _located(finding: Finding, order: VerifyOrder) -> Located:
    """Return a finding at its place: in the spec if a device's profile is contradicted there."""
    job = order.job
    if job is not None and job.device and finding.path.startswith("device"):
        origin = job.origin
        return Located(finding, origin.document.source, origin.offset(finding.path), order.name)
    return Located(finding, Source(order.name, ""), 0, job.name if job else "")
