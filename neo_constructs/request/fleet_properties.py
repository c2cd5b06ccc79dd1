"""The properties of `Custom::NeoCompilationFleet`."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk

from neo_constructs.request.fleet_arguments import FleetArguments
from neo_constructs.request.job_properties import run_settings
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.lazy_value import LazyValue
from neo_constructs.synth.tokens import is_token
from reconciler.core import contract
from reconciler.core.contract import OnFailure


def fleet_properties(
    path: str,
    arguments: FleetArguments,
    owner_suffix: str,
    document: LazyValue,
    state: Mapping[str, object],
) -> dict[str, object]:
    """Return the properties of a fleet; raise ConstructError for settings out of range."""
    retries = arguments.get("retries", contract.DEFAULT_RETRIES)
    return {
        "ServiceTimeout": int(contract.SERVICE_TIMEOUT.total_seconds()),
        contract.OWNER_SUFFIX: owner_suffix,
        contract.DOCUMENT: document.part(contract.DOCUMENT),
        contract.VARIABLES: document.part(contract.VARIABLES),
        contract.STATE: state,
        contract.CONTINUES: contract.flag(False),
        **run_settings(path, arguments),
        contract.DEADLINE_SECONDS: _deadline(path, arguments.get("deadline")),
        contract.ON_FAILURE: OnFailure(arguments.get("on_failure", OnFailure.FAIL)).value,
        contract.PRUNE: contract.flag(arguments.get("prune", False)),
        contract.FLEET_RETRIES: _as_text(retries),
    }


def _deadline(path: str, deadline: cdk.Duration | None) -> str:
    least, most = (
        int(each.total_seconds()) for each in (contract.MIN_DEADLINE, contract.MAX_DEADLINE)
    )
    if deadline is None:
        return str(most)
    given = deadline.to_seconds()
    if is_token(given):
        return _as_text(given)  # the Lambda takes the longest for what is longer
    seconds = int(given)
    if not least <= seconds <= most:
        raise ConstructError(
            path,
            f"deadline is {seconds} seconds; {least} to {most} are allowed, "
            "since CloudFormation gives a custom resource one hour",
        )
    return str(seconds)


def _as_text(number: float) -> str:
    return cdk.Tokenization.stringify_number(number) if is_token(number) else str(number)
