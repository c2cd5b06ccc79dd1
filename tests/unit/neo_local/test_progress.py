"""A stack's resources as CloudFormation lists them in the middle of an operation."""

from __future__ import annotations

from typing import Any

from neo_local.cloudformation.progress import rows

STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Models/1"


def event(
    name: str, status: str, physical_id: str = "", *, of: str = "Custom::X"
) -> dict[str, str]:
    return {
        "LogicalResourceId": name,
        "PhysicalResourceId": physical_id,
        "ResourceType": of,
        "ResourceStatus": status,
        "Timestamp": "2026-11-22T10:00:00.000Z",
    }


def phase(status: str) -> dict[str, str]:
    return event("Models", status, STACK, of="AWS::CloudFormation::Stack")


def listed(before: dict[str, str], *events: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return the status and physical id of each, from the ids that were held before."""
    resources: dict[str, Any] = {
        name: {"PhysicalResourceId": held, "ResourceStatus": "CREATE_COMPLETE"}
        for name, held in before.items()
    }
    shown = rows(resources, [phase("UPDATE_IN_PROGRESS"), *events], STACK)
    return {name: (row["ResourceStatus"], row["PhysicalResourceId"]) for name, row in shown.items()}


def test_a_resource_in_progress_keeps_its_id() -> None:
    shown = listed({"A": "a-1", "B": "b-1"}, event("A", "UPDATE_IN_PROGRESS"))
    assert shown == {"A": ("UPDATE_IN_PROGRESS", "a-1"), "B": ("CREATE_COMPLETE", "b-1")}


def test_a_new_resource_is_listed_from_its_beginning() -> None:
    assert listed({}, event("A", "CREATE_IN_PROGRESS")) == {"A": ("CREATE_IN_PROGRESS", "")}


def test_a_replaced_resource_holds_its_new_id() -> None:
    started, ended = event("A", "UPDATE_IN_PROGRESS"), event("A", "UPDATE_COMPLETE", "a-2")
    assert listed({"A": "a-1"}, started, ended) == {"A": ("UPDATE_COMPLETE", "a-2")}


def test_the_deletion_of_a_predecessor_is_not_that_of_the_resource() -> None:
    cleanup = event("A", "DELETE_IN_PROGRESS", "a-1")
    assert listed({"A": "a-2"}, cleanup) == {"A": ("CREATE_COMPLETE", "a-2")}


def test_a_removed_resource_is_listed_until_it_is_gone() -> None:
    removing = event("A", "DELETE_IN_PROGRESS", "a-1")
    assert listed({"A": "a-1"}, removing) == {"A": ("DELETE_IN_PROGRESS", "a-1")}
    assert listed({"A": "a-1"}, removing, event("A", "DELETE_COMPLETE", "a-1")) == {}


def test_a_rollback_begins_anew() -> None:
    shown = listed(
        {"A": "a-1"}, event("A", "UPDATE_IN_PROGRESS"), phase("UPDATE_ROLLBACK_IN_PROGRESS")
    )
    assert shown == {"A": ("CREATE_COMPLETE", "a-1")}


def test_a_failure_is_shown() -> None:
    shown = listed({}, event("A", "CREATE_IN_PROGRESS"), event("A", "CREATE_FAILED"))
    assert shown == {"A": ("CREATE_FAILED", "")}
