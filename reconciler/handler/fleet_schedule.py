"""The schedule's entry point for Lambda; which fleet it is stands in the environment."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any, Final

from reconciler.aws.budget import Budget
from reconciler.aws.clients import factory
from reconciler.aws.notices import Notices
from reconciler.core import contract
from reconciler.core.identity import Owner
from reconciler.handler.cfn.log import json_log
from reconciler.handler.fleet.schedule import Schedule, ScheduledFleet
from reconciler.handler.fleet_wiring import MAX_ATTEMPTS, fleet_ports

_MARGIN: Final = timedelta(seconds=60)


def scheduled_fleet(environment: dict[str, str]) -> ScheduledFleet:
    """Return the fleet that the environment names. Raises KeyError or OwnerError."""
    owner, stack_id = Owner(environment[contract.ENV_OWNER]), environment[contract.ENV_STACK_ID]
    account = contract.stack_account(stack_id)
    upload = (
        environment.get(contract.ENV_UPLOAD_BUCKET, ""),
        environment.get(contract.ENV_UPLOAD_KEY, ""),
        account,
    )
    return ScheduledFleet(
        owner=owner,
        stack_id=stack_id,
        bucket=environment[contract.ENV_STATE_BUCKET],
        folder=contract.state_folder(environment.get(contract.ENV_STATE_PREFIX, ""), owner.name),
        region=stack_id.split(":")[3],
        state_owner=environment.get(contract.ENV_STATE_OWNER) or account,
        output_owner=environment.get(contract.ENV_OUTPUT_OWNER) or None,
        upload=upload if all(upload) else None,
        refresh=contract.read_flag(environment, contract.ENV_REFRESH),
    )


_BUDGET = Budget()
_CLIENT = factory(max_attempts=MAX_ATTEMPTS)
_PORTS = fleet_ports(_CLIENT, _BUDGET)
_TOPIC = os.environ.get(contract.ENV_TOPIC_ARN, "")
_BUS = os.environ.get(contract.ENV_EVENT_BUS, "")
_NOTIFY = Notices(
    _BUDGET,
    _CLIENT("sns") if _TOPIC else None,
    _TOPIC,
    _CLIENT("events") if _BUS else None,
    _BUS,
)


def reconcile(event: dict[str, Any], context: Any) -> dict[str, object]:  # noqa: ANN401 - Lambda's
    """Bring the fleet to what is desired; the event says only that it is time."""
    _BUDGET.follow(context.get_remaining_time_in_millis)
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    json_log("begins", source=str(event.get("source") or event.get("detail-type") or "invoked"))
    return Schedule(
        _PORTS, scheduled_fleet(dict(os.environ)), str(context.aws_request_id),
        _PORTS.clock.now() + left - _MARGIN, _NOTIFY,
    ).run()  # fmt: skip
