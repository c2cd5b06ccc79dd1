"""The generation that a deployment, or an upload, makes."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.canonical import canonical_json
from reconciler.core.fleet.document import DocumentError, FleetDocument, digest_of
from reconciler.core.fleet.generation import FleetGeneration
from reconciler.core.objects import Buckets
from reconciler.core.ports import Denied
from reconciler.engine.generation import write_generation
from reconciler.engine.state import StoredGeneration
from reconciler.handler.fleet.poll import FleetPoll


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
    following = FleetGeneration(
        generation=1,
        operation=poll.event.request_id,
        began=poll.timing.began,
        document=digest,
        settings=properties.settings,
        source=source,
        variables=variables if properties.upload else {},
        declared=(properties.declared, ""),
    )
    return write_generation(poll.state, poll.ports.progress, found, following, document)


def uploaded(buckets: Buckets, bucket: str, key: str) -> bytes:
    """Return the uploaded specs, or nothing if there are none yet."""
    stored = buckets.bucket(bucket).get(key)
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
        stored = poll.ports.buckets.bucket(bucket).get(key)
    except Denied as error:  # S3's answer for a missing object, too, without s3:ListBucket
        lost = f"the fleet's document s3://{bucket}/{key} was deleted, or cannot be read"
        raise Denied(error.code, f"{lost}: {error.message}") from error
    if stored is None or digest_of(stored.body) != digest:
        raise DocumentError(f"s3://{bucket}/{key} is not what was declared: its digest differs")
    return FleetDocument.parse(stored.body).resolved(poll.properties.variables)
