"""Resources that are shown in progress while MiniStack's CloudFormation creates or changes them.

MiniStack lists a stack's resources as they were before the operation until it ends; its events
tell what it is doing. CloudFormation shows it in ListStackResources and DescribeStackResource, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from importlib import import_module
from typing import Any, Final

Row = Mapping[str, Any]

LISTINGS: Final = ("DescribeStackResource", "DescribeStackResources", "ListStackResources")
_STACK: Final = "AWS::CloudFormation::Stack"
_GONE: Final = ("DELETE_COMPLETE", "DELETE_SKIPPED")
_TAKEN: Final = ("LogicalResourceId", "ResourceType", "ResourceStatus", "Timestamp")


def latest_events(events: Iterable[Row], stack_id: str) -> dict[str, Row]:
    """Return the latest event of each resource since the stack's own latest one."""
    found: dict[str, Row] = {}
    for event in events:
        if event["ResourceType"] == _STACK and event.get("PhysicalResourceId") == stack_id:
            found = {}
        else:
            found[event["LogicalResourceId"]] = event
    return found


def rows(resources: Mapping[str, Row], events: Iterable[Row], stack_id: str) -> dict[str, Row]:
    """Return a stack's resources with what its operation is doing to them."""
    shown = dict(resources)
    for name, event in latest_events(events, stack_id).items():
        row, status = shown.get(name, {}), event["ResourceStatus"]
        held, meant = row.get("PhysicalResourceId", ""), event.get("PhysicalResourceId") or ""
        if status.startswith("DELETE_") and meant != held:
            continue  # a predecessor, which the resource no longer holds
        if status in _GONE:
            shown.pop(name, None)
            continue
        told = {key: event[key] for key in _TAKEN}
        shown[name] = {**row, **told, "PhysicalResourceId": meant or held}
    return shown


def show_progress() -> None:
    """Have the listings of MiniStack's CloudFormation show what is in progress.

    What is replaced is MiniStack's own and private; its version is pinned.
    """
    folder = "ministack.services.cloudformation"
    handlers: Any = import_module(f"{folder}.handlers")
    service: Any = import_module(folder)
    find, is_listing = handlers._resolve_stack, ContextVar("is_listing", default=False)

    def resolve(name: str) -> Row | None:
        stack: Row | None = find(name)
        if stack is None or not is_listing.get():
            return stack
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        events = service._stack_events.get(stack["StackId"], [])
        return {**stack, "_resources": rows(stack.get("_resources", {}), events, stack["StackId"])}

    def listing(answer: Callable[[Row], Any]) -> Callable[[Row], Any]:
        def shown(request: Row) -> Any:  # noqa: ANN401 - MiniStack's answer
            token = is_listing.set(True)
            try:
                return answer(request)
            finally:
                is_listing.reset(token)

        return shown

    handlers._resolve_stack = resolve
    for name in LISTINGS:
        handlers._ACTION_HANDLERS[name] = listing(handlers._ACTION_HANDLERS[name])
