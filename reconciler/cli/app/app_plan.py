"""The plan of a CDK app, as ``neoctl plan --app`` asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import click

from reconciler.aws.access import Access
from reconciler.cli.app.assembly import chosen, read_assembly
from reconciler.cli.app.planning import AppPlanning
from reconciler.cli.options.account import connected, explained
from reconciler.cli.options.outside import Outside
from reconciler.cli.plans.document import PlanDocument
from reconciler.core.ports import PortError

_NO_CREDENTIALS: Final = frozenset({"NoCredentialsError", "NoRegionError"})


def plan_of_app(
    folder: str,
    names: tuple[str, ...],
    access: Access,
    outside: Outside,
    *,
    offline: bool,
    must_read: bool,
) -> PlanDocument:
    """Return the plan of an app. Raises AssemblyError, PortError, PlanError, StateError.

    Args:
        folder: The cloud assembly.
        names: The stacks; all if empty.
        access: How the account is reached.
        outside: What is reached beyond files.
        offline: Whether to read no account.
        must_read: Whether a plan without the account is of no use; otherwise, where there are no
            credentials, the plan says what it does not know.
    """
    stacks = chosen(read_assembly(folder), names)
    planning = AppPlanning(stacks, outside.clock, outside.pause)
    if offline or not stacks:
        return planning.offline()
    region = access.region or next((each.region for each in stacks if each.region), None)
    try:
        account = connected(outside, replace(access, region=region))
    except PortError as error:
        if must_read or error.code not in _NO_CREDENTIALS:
            raise
        click.echo(f"Warning: {explained(error)} The deployed stacks were not read.", err=True)
        return planning.offline()
    return planning.against(account)
