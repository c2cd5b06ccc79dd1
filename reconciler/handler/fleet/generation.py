"""Making a generation: the first thing that a deployment's operation, or an upload, writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.core.attempts import Operation
from reconciler.core.canonical import canonical_json
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.generation import FleetGeneration
from reconciler.core.fleet_document import DocumentError, FleetDocument
from reconciler.core.fleet_schema import digest_of
from reconciler.core.objects import NEW
from reconciler.core.planner import plan
from reconciler.core.policy import Policy
from reconciler.engine.state import FleetState
from reconciler.handler.answer import ResourceFailed
from reconciler.handler.fleet.ports import Buckets
from reconciler.handler.fleet.run import FleetPoll
from reconciler.handler.log import Log


def adopt(run: FleetPoll, found: tuple[FleetGeneration, str] | None) -> tuple[FleetGeneration, str]:
    """Make this operation's generation the desired one.

    Raises WriteConflict if another actor was faster, DocumentError and PlanError for what cannot
    be declared.
    """
    properties = run.properties
    variables = properties.variables
    body = properties.upload and uploaded(run.ports.buckets, *properties.upload)
    source = upload_source(body, variables) if body else properties.source
    digest = _kept(found[0] if found else None, source)
    if digest:
        document = run.state.document(digest)
    elif body:
        document = FleetDocument.parse(body).resolved(variables)
    else:
        document = _of_asset(run)
    following = FleetGeneration(
        generation=1,
        operation=run.event.request_id,
        began=run.timing.began,
        document=digest,
        settings=properties.settings,
        source=source,
        variables=variables if properties.upload else {},
    )
    return point_to(run.state, run.ports.log, found, following, document)


def point_to(
    state: FleetState,
    log: Log,
    found: tuple[FleetGeneration, str] | None,
    following: FleetGeneration,
    document: FleetDocument,
) -> tuple[FleetGeneration, str]:
    """Keep the document, and write the pointer to the generation that declares it.

    Raises WriteConflict, DocumentError, PlanError.
    """
    declarations = document.declarations(state.owner, following.settings.tags)
    plan(declarations, (), Operation("", following.began), Policy())  # contradictions
    following = replace(
        following,
        document=following.document or state.keep_document(document),
        tag_keys=tuple(sorted(tag_keys(declarations))),
    )
    if found is not None:
        following = found[0].succeeded_by(following)
    version = state.point(following, found[1] if found else NEW)
    log(
        "new generation", number=following.generation, jobs=len(declarations),
        document=following.document[:12], owner=state.owner.name,
    )  # fmt: skip
    for unneeded in following.garbage:
        state.drop_document(unneeded)
    return following, version


def uploaded(buckets: Buckets, bucket: str, key: str) -> bytes:
    """What was uploaded; empty if nothing was yet."""
    stored = buckets.bucket(bucket).get(key)
    return b"" if stored is None else stored.body


def upload_source(body: bytes, variables: Mapping[str, object]) -> str:
    """A digest of an upload and of the values that are put into it."""
    return digest_of(canonical_json([digest_of(body), dict(variables)]))


def tag_keys(declarations: Iterable[Declaration]) -> set[str]:
    """The keys of all declared tags."""
    return {key for declaration in declarations for key, _ in declaration.request.tags}


def _kept(before: FleetGeneration | None, source: str) -> str:
    """The digest of the document that was made from the same source, if it is still there."""
    if before is None:
        return ""
    known = {before.previous[1]: before.previous[0], before.source: before.document}
    return known.get(source, "") if source else ""


def _of_asset(run: FleetPoll) -> FleetDocument:
    bucket, key, digest = run.properties.document
    stored = run.ports.buckets.bucket(bucket).get(key)
    if stored is None:
        raise ResourceFailed(
            f"The fleet's document s3://{bucket}/{key} is gone. Nothing was changed."
        )
    if digest_of(stored.body) != digest:
        raise DocumentError(f"s3://{bucket}/{key} is not what was declared: its digest differs")
    return FleetDocument.parse(stored.body).resolved(run.properties.variables)
