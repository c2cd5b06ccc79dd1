"""Making a generation: the first thing that a deployment's operation writes."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.core.attempts import Operation
from reconciler.core.declaration import Declaration
from reconciler.core.desired import Desired
from reconciler.core.fleet_document import DocumentError, FleetDocument, digest_of
from reconciler.core.objects import NEW
from reconciler.core.planner import plan
from reconciler.core.policy import Policy
from reconciler.handler.answer import Refused
from reconciler.handler.fleet.run import FleetRun


def adopt(run: FleetRun, found: tuple[Desired, str] | None) -> tuple[Desired, str]:
    """Make this operation's generation the desired one.

    Raises WriteConflict if another actor was faster, DocumentError and PlanError for what cannot
    be declared.
    """
    properties = run.properties
    before = found[0] if found else None
    digest = _kept(before, properties.source)
    document = run.state.document(digest) if digest else _resolved(run)
    declarations = document.declarations(properties.owner, properties.settings.tags)
    plan(declarations, (), Operation("", run.timing.began), Policy())  # contradictions
    following = Desired(
        generation=1,
        operation=run.event.request_id,
        began=run.timing.began,
        document=digest or run.state.keep_document(document),
        settings=properties.settings,
        source=properties.source,
        tag_keys=tuple(sorted(tag_keys(declarations))),
    )
    if before is not None:
        following = before.succeeded_by(following)
    version = run.state.point(following, found[1] if found else NEW)
    run.ports.log(
        "new generation", number=following.generation, jobs=len(declarations),
        document=following.document[:12], owner=properties.owner.name,
    )  # fmt: skip
    for unneeded in following.garbage:
        run.state.drop_document(unneeded)
    return following, version


def tag_keys(declarations: Iterable[Declaration]) -> set[str]:
    """The keys of all declared tags."""
    return {key for declaration in declarations for key, _ in declaration.request.tags}


def _kept(before: Desired | None, source: str) -> str:
    """The digest of the document that was made from the same source, if it is still there."""
    if before is None:
        return ""
    known = {before.previous[1]: before.previous[0], before.source: before.document}
    return known.get(source, "") if source else ""


def _resolved(run: FleetRun) -> FleetDocument:
    bucket, key, digest = run.properties.document
    stored = run.ports.buckets.bucket(bucket).get(key)
    if stored is None:
        raise Refused(f"The fleet's document s3://{bucket}/{key} is gone. Nothing was changed.")
    if digest_of(stored.body) != digest:
        raise DocumentError(f"s3://{bucket}/{key} is not what was declared: its digest differs")
    return FleetDocument.parse(stored.body).resolved(run.properties.variables)
