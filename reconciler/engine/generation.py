"""Generations: written before the first pass, and read as what a pass is to bring about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.core.contradictions import refuse_contradictions
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.document import FleetDocument
from reconciler.core.fleet.generation import FleetGeneration
from reconciler.core.objects import NEW
from reconciler.core.operation import Operation
from reconciler.engine.ports import Progress
from reconciler.engine.reconcile import DesiredState
from reconciler.engine.state import FleetState, StoredGeneration


def write_generation(
    state: FleetState,
    progress: Progress,
    found: StoredGeneration | None,
    following: FleetGeneration,
    document: FleetDocument,
) -> StoredGeneration:
    """Write a document, and the generation that declares it, after the one that was found.

    Raises WriteConflict if another actor was faster, DocumentError and PlanError for what cannot
    be declared.
    """
    declarations = document.declarations(state.owner, following.settings.tags)
    refuse_contradictions(declarations)
    unneeded = found.generation.unneeded_documents if found is not None else ()
    following = replace(
        following,
        document=following.document or state.write_document(document, unneeded),
        tag_keys=tuple(sorted(_tag_keys(declarations))),
    )
    if found is not None:
        following = found.generation.succeeded_by(following)
    version = state.write_generation(following, found.version if found else NEW)
    progress(
        "new generation", number=following.generation, jobs=len(declarations),
        document=following.document[:12], owner=state.owner.name,
    )  # fmt: skip
    for digest in following.unneeded_documents:
        state.delete_document(digest)
    return StoredGeneration(following, version)


def desired_state(
    state: FleetState, generation: FleetGeneration, *, region: str, bucket_owner: str | None
) -> DesiredState:
    """Return what a generation asks a pass to bring about. Raises StateError, DocumentError."""
    document = state.document(generation.document)
    return DesiredState(
        owner=state.owner,
        declarations=document.declarations(state.owner, generation.settings.tags),
        operation=Operation(generation.operation, generation.began),
        region=region,
        generation=generation.generation,
        retries=generation.settings.retries,
        dropped_tags=frozenset(generation.dropped_tag_keys),
        bucket_owner=bucket_owner,
        verify=generation.settings.verify,
    )


def _tag_keys(declarations: Iterable[Declaration]) -> set[str]:
    return {key for declaration in declarations for key, _ in declaration.request.tags}
