"""How a fleet is brought about, as the custom resource's properties say it."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk

from neo_constructs.errors import ConstructError
from neo_constructs.fleet_arguments import FleetArguments
from neo_constructs.on_failure import OnFailure
from neo_constructs.stopping import DEADLINE_SECONDS
from neo_constructs.tokens import is_token

_LEAST_SECONDS: Final = 60
_MOST_RETRIES: Final = 10
_REMOVAL: Final = {cdk.RemovalPolicy.DESTROY: "destroy", cdk.RemovalPolicy.RETAIN: "retain"}


def fleet_settings(path: str, arguments: FleetArguments) -> dict[str, str]:
    """The properties of these settings. Raises ConstructError for what is not allowed."""
    retries = arguments.get("retries", 1)
    removal_policy = arguments.get("removal_policy", cdk.RemovalPolicy.DESTROY)
    if not is_token(retries) and not 0 <= retries <= _MOST_RETRIES:
        raise ConstructError(path, f"retries is {retries}; 0 to {_MOST_RETRIES} are allowed")
    if removal_policy not in _REMOVAL:
        raise ConstructError(
            path,
            f"removal_policy is {removal_policy.name}; DESTROY and RETAIN are allowed, and decide "
            "whether finished jobs' records are kept",
        )
    return {
        "Wait": "true" if arguments.get("wait", True) else "false",
        "DeadlineSeconds": _deadline(path, arguments.get("deadline")),
        "OnFailure": OnFailure(arguments.get("on_failure", OnFailure.FAIL)).value,
        "Prune": "true" if arguments.get("prune", False) else "false",
        "Retries": _as_text(retries),
        "RemovalPolicy": _REMOVAL[removal_policy],
    }


def _deadline(path: str, deadline: cdk.Duration | None) -> str:
    if deadline is None:
        return str(DEADLINE_SECONDS)
    given = deadline.to_seconds()
    if is_token(given):
        return _as_text(given)  # the Lambda takes the longest for what is longer
    seconds = int(given)
    if not _LEAST_SECONDS <= seconds <= DEADLINE_SECONDS:
        raise ConstructError(
            path,
            f"deadline is {seconds} seconds; {_LEAST_SECONDS} to {DEADLINE_SECONDS} are allowed, "
            "since CloudFormation gives a custom resource one hour",
        )
    return str(seconds)


def _as_text(number: float) -> str:
    return cdk.Tokenization.stringify_number(number) if is_token(number) else str(number)
