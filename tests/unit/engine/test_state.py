"""A fleet's state in S3: writes that the client repeats, documents that are gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from reconciler.core.fleet.document import FleetDocument
from reconciler.core.fleet.generation import FleetGeneration, StateError
from reconciler.core.identity import Owner
from reconciler.core.objects import NEW, Stored
from reconciler.core.ports import WriteConflict
from reconciler.engine.generation import write_generation
from reconciler.engine.state import FleetState
from tests.fakes.objects import FakeObjects
from tests.unit.core.strategies import BEGAN, a_declaration

Answer = TypeVar("Answer")
FIRST = FleetGeneration(1, "op-1", BEGAN, document="")
SECOND = FleetGeneration(2, "op-2", BEGAN, document="")


def once(operation: str, commit: Callable[[], Answer]) -> Answer:
    return commit()


def twice(operation: str, commit: Callable[[], Answer]) -> Answer:
    """The answer to the first request is lost, and the client sends it again."""
    commit()
    return commit()


def state(travel: Callable[[str, Callable[[], Answer]], Answer] = once) -> FleetState:
    return FleetState(FakeObjects(travel), "neo/team/", Owner("team"))


def test_a_write_that_the_client_repeated_is_not_a_conflict_with_itself() -> None:
    repeating = state(twice)
    version = repeating.write_generation(FIRST, NEW)
    assert repeating.generation() == (FIRST, version)


def test_a_write_over_another_actors_is_a_conflict_and_changes_nothing() -> None:
    found = state()
    version = found.write_generation(FIRST, NEW)
    with pytest.raises(WriteConflict):
        found.write_generation(SECOND, NEW)
    assert found.generation() == (FIRST, version)


def test_a_document_that_was_deleted_or_changed_is_not_taken_for_the_declared_one() -> None:
    found = state()
    digest = found.write_document(FleetDocument((), {}))
    assert found.document(digest) == FleetDocument((), {})
    assert isinstance(found.objects, FakeObjects)
    [key] = found.objects.objects
    found.objects.objects[key] = Stored(b'{"schema":1,"jobs":[],"variables":{"a":"any"}}', "v2")
    with pytest.raises(StateError, match=f"{digest[:12]} was deleted or changed"):
        found.document(digest)
    found.delete_document(digest)
    with pytest.raises(StateError, match="was deleted or changed"):
        found.document(digest)


def test_a_fleet_without_a_document_declares_nothing() -> None:
    assert state().document("") == FleetDocument((), {})


def document(name: str) -> FleetDocument:
    """Return a document of one job."""
    request = a_declaration(name).request.to_wire()
    return FleetDocument.of([{"logicalName": name, "request": request}], {})


def test_a_document_that_is_declared_again_is_not_the_one_that_others_still_delete() -> None:
    fleet, stored = state(), None
    digests = []
    for number, name in enumerate(("a", "b", "c", "a"), start=1):
        following = FleetGeneration(1, f"op-{number}", BEGAN, document="")
        stored = write_generation(fleet, _quiet, stored, following, document(name))
        digests.append(stored.generation.document)
    assert stored is not None
    assert digests[0] in stored.generation.unneeded_documents
    fleet.delete_document(digests[0])  # by an actor that began when "a" was not needed
    assert fleet.document(digests[3]) == document("a")


def _quiet(event: str, **fields: object) -> None:
    """Report nothing."""
