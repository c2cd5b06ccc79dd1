"""The generation that a deployment, or an upload, makes, and which requests may make one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.core.canonical import canonical_json
from reconciler.core.fleet.document import DocumentError, FleetDocument, digest_of
from reconciler.core.fleet.generation import FleetGeneration, OperationStatus
from reconciler.core.objects import Buckets
from reconciler.core.ports import Denied, StackView
from reconciler.engine.generation import write_generation
from reconciler.engine.state import StoredGeneration
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.fence import StackPhase, Superseded, phase_of
from reconciler.handler.cfn.properties import PropertiesError
from reconciler.handler.fleet.poll import FleetPoll
from reconciler.handler.fleet.properties import FleetProperties, decode_fleet


def declare(poll: FleetPoll, found: StoredGeneration | None) -> StoredGeneration:
    """Write this operation's generation.

    Raises WriteConflict if another actor was faster, DocumentError and PlanError for what cannot
    be declared.
    """
    properties = poll.properties
    variables = properties.variables
    body = properties.upload and uploaded(poll.ports.buckets, *properties.upload)
    source = upload_source(body, variables) if body else properties.source
    digest = _document_of(source, found.generation if found else None)
    if digest:
        document = poll.state.document(digest)
    elif body:
        document = FleetDocument.parse(body).resolved(variables)
    else:
        document = _asset_document(poll)
    before = _before(poll)
    following = FleetGeneration(
        generation=1,
        operation=poll.event.request_id,
        began=poll.timing.began,
        document=digest,
        settings=properties.settings,
        source=source,
        variables=variables if properties.upload else {},
        declared=(properties.declared, before.declared if before else ""),
    )
    return write_generation(poll.state, poll.ports.progress, found, following, document)


def declared(poll: FleetPoll, view: StackView | None, stored: StoredGeneration) -> StoredGeneration:
    """Return this operation's generation, written if it is not the current one yet.

    Raises Superseded for an operation that was delivered late.
    """
    generation = stored.generation
    status = generation.status_of(poll.event.request_id, poll.timing.began)
    if status is OperationStatus.CURRENT:
        return stored
    is_rollback = view is not None and phase_of(view.status) is StackPhase.ROLLBACK
    if is_rollback and status is OperationStatus.NEW and _is_late(poll, generation):
        raise Superseded("the stack rolls back, and this update was delivered late")
    is_undone = is_rollback and _undoes(poll, generation)
    if status is OperationStatus.SUPERSEDED and not is_undone:
        raise ResourceFailed("A later operation has taken over the fleet; this one ends.")
    if is_rollback:  # what was declared before comes back no more: it would be late
        last = replace(generation, declared=generation.declared[:1])
        stored = stored._replace(generation=last)
    return declare(poll, stored)


def _is_late(poll: FleetPoll, generation: FleetGeneration) -> bool:
    """Return whether an Update that finds the stack rolling back is one that is rolled back.

    A rollback declares again what is desired now, or what was desired before, with its values.
    """
    before = _before(poll)
    if before is None or before.declared != generation.declared[0]:
        return False
    if poll.properties.declared not in generation.declared:
        return True
    changes_values_alone = poll.properties.declared == before.declared
    was_desired = {generation.source, generation.previous[1]}
    return (
        changes_values_alone
        and before.source == generation.source
        and poll.properties.source not in was_desired
    )


def _undoes(poll: FleetPoll, generation: FleetGeneration) -> bool:
    """Return whether an Update undoes the present generation, which began after it.

    The update that is rolled back was delivered late, between the rollback's beginning and now.
    """
    before = _before(poll)
    is_new = poll.event.request_id not in generation.superseded_operations
    is_present = before is not None and before.declared == generation.declared[0]
    return is_new and is_present and poll.properties.declared == generation.declared[1]


def _before(poll: FleetPoll) -> FleetProperties | None:
    """Return what the fleet was before; None if another version wrote it."""
    try:
        return decode_fleet(poll.event.old_properties, poll.event.stack_id)
    except PropertiesError:
        return None


def uploaded(buckets: Buckets, bucket: str, key: str, owner: str) -> bytes:
    """Return the uploaded specs, or nothing if there are none yet.

    The bucket must belong to the account ``owner``: what is there decides what is compiled.
    """
    stored = buckets.bucket(bucket, owner).get(key)
    return b"" if stored is None else stored.body


def upload_source(body: bytes, variables: Mapping[str, object]) -> str:
    """Return a digest of an upload and of the values of its variables."""
    return digest_of(canonical_json([digest_of(body), dict(variables)]))


def _document_of(source: str, before: FleetGeneration | None) -> str:
    """Return the digest of the document that was made from this source, if it is still there."""
    if before is None or not source:
        return ""
    known = {before.previous[1]: before.previous[0], before.source: before.document}
    return known.get(source, "")


def _asset_document(poll: FleetPoll) -> FleetDocument:
    bucket, key, digest = poll.properties.document
    try:
        stored = poll.ports.buckets.bucket(bucket).get(key)  # whoever owns it: by its digest
    except Denied as error:  # S3's answer for a missing object, too, without s3:ListBucket
        lost = f"the fleet's document s3://{bucket}/{key} was deleted, or cannot be read"
        raise Denied(error.code, f"{lost}: {error.message}") from error
    if stored is None or digest_of(stored.body) != digest:
        raise DocumentError(f"s3://{bucket}/{key} is not what was declared: its digest differs")
    return FleetDocument.parse(stored.body).resolved(poll.properties.variables)
