"""Examine an account for the jobs of specs, or for none in particular."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from reconciler.cli.diagnosis.account_checks import account_checks, lifecycle_checks
from reconciler.cli.diagnosis.check import Check, failed
from reconciler.cli.diagnosis.needs import Needs
from reconciler.cli.diagnosis.network_checks import network_checks
from reconciler.cli.diagnosis.role_checks import role_checks
from reconciler.cli.diagnosis.service_checks import service_checks
from reconciler.cli.diagnosis.storage_checks import storage_checks
from reconciler.cli.options.account import REMEDIES
from reconciler.cli.options.outside import ConnectedAccount
from reconciler.core.ports import PortError

_NOT_CONNECTED: Final = "Check the credentials, the network and the endpoint."


def examined(account: ConnectedAccount, needs: Needs, now: datetime) -> Iterator[Check]:
    """Yield every check of an account. Raises PortError if the caller cannot be known."""
    facts = account.facts
    caller = facts.caller()
    yield from account_checks(account, facts, caller, now)
    yield from role_checks(account, facts, caller, needs.roles)
    yield from storage_checks(account, facts, needs)
    yield from network_checks(facts, needs.subnets)
    yield from lifecycle_checks(facts)
    yield from service_checks(needs, account.region)


def not_connected(error: PortError) -> Check:
    """Return the check that says why there is no account to examine."""
    remedy = REMEDIES.get(error.code, _NOT_CONNECTED)
    return failed("credentials", "the caller", str(error), remedy)
