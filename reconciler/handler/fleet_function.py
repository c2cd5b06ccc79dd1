"""The fleet's entry points for Lambda. Everything slow happens at import, in the initialisation."""

from __future__ import annotations

from typing import Any

from reconciler.aws.budget import Budget
from reconciler.aws.clients import factory
from reconciler.handler.cfn.log import naming_log_group
from reconciler.handler.fleet.service import FleetService
from reconciler.handler.fleet_wiring import MAX_ATTEMPTS, fleet_ports

_BUDGET = Budget()
_SERVICE = FleetService(fleet_ports(factory(max_attempts=MAX_ATTEMPTS), _BUDGET))


def on_event(event: dict[str, Any], context: Any) -> dict[str, object]:  # noqa: ANN401 - Lambda's
    """Begin an operation; change nothing."""
    _BUDGET.follow(context.get_remaining_time_in_millis)
    with naming_log_group():
        return _SERVICE.on_event(event)


def is_complete(event: dict[str, Any], context: Any) -> dict[str, object]:  # noqa: ANN401 - Lambda's
    """Make one step of an operation."""
    _BUDGET.follow(context.get_remaining_time_in_millis)
    with naming_log_group():
        return _SERVICE.is_complete(event, str(context.aws_request_id))
