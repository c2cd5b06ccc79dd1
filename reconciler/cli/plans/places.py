"""The plans of each account and region. A place that cannot be planned holds up no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from reconciler.cli.options.account import connected
from reconciler.cli.options.outside import ConnectedAccount, Outside
from reconciler.cli.options.places import (
    Account,
    PlaceJobs,
    PlaceResults,
    connected_places,
    in_each_place,
)
from reconciler.cli.options.specs import could_not_run, read_policy
from reconciler.cli.plans.applying import PlacePlan
from reconciler.cli.plans.approving import verified
from reconciler.cli.plans.document import Basis, PlanDocument
from reconciler.cli.plans.files import is_plan_file, plan_files, read
from reconciler.cli.plans.options import PlanRequest
from reconciler.cli.plans.planning import Planning
from reconciler.cli.plans.state_location import StateLocation
from reconciler.core.identity import Owner


def place_plans(
    paths: Sequence[str], asked: PlanRequest, outside: Outside
) -> PlaceResults[PlacePlan]:
    """Return the plans that plan files hold, or that are made of specs.

    Raises PortError, PlanFileError, PlanError; exits with an error for what cannot be planned.
    """
    paths = plan_files(paths)
    files = [path for path in paths if is_plan_file(path)]
    if not files:
        return _of_specs(paths, asked, outside)
    if len(files) < len(paths):
        could_not_run("give plan files or specs, not both")
    if asked.plans_anything():
        could_not_run("a plan file has been planned: give options of planning to neoctl plan")
    return in_each_place({path: partial(_of_file, path, asked, outside) for path in files})


def _of_specs(
    paths: Sequence[str], asked: PlanRequest, outside: Outside
) -> PlaceResults[PlacePlan]:
    def planned(place: PlaceJobs[ConnectedAccount]) -> PlacePlan:
        document = plan_of(
            place, asked, outside,
            lambda planning, account: planning.against(account, Basis.ACCOUNT),
        )  # fmt: skip
        return PlacePlan(document, place.account, place.jobs.policy)

    places = connected_places(asked.declared(paths), asked.access, outside)
    require_own_states(places, asked.flags.state)
    return places.then(planned)


def _of_file(path: str, asked: PlanRequest, outside: Outside) -> PlacePlan:
    document, access = read(path), asked.access
    there = replace(
        access, region=access.region or document.region,
        assume_role=access.assume_role or document.assume_role or None,
    )  # fmt: skip
    account = connected(outside, there)
    policy = read_policy(asked.specs.policy_file)
    return PlacePlan(verified(document, account, path), account, policy)


def plan_of(
    place: PlaceJobs[Account],
    asked: PlanRequest,
    outside: Outside,
    make: Callable[[Planning, Account], PlanDocument],
) -> PlanDocument:
    """Return the plan of a place.

    Args:
        place: What is declared there.
        asked: The options.
        outside: What is reached beyond files.
        make: Makes the plan of an account. Raises PortError.
    """
    planning = asked.planning(place.jobs, outside, place.account)
    return replace(make(planning, place.account), assume_role=place.assume_role)


def require_own_states(places: PlaceResults[PlaceJobs[ConnectedAccount]], state: str) -> None:
    """Exit with an error if fleets of two places would share one state."""
    found: dict[tuple[str, Owner], str] = {}
    for place, each in places.named:
        uri = StateLocation.uri(state, each.account) if state else ""
        for owner in {declaration.owner for declaration in each.jobs.declarations}:
            other = found.setdefault((uri, owner), place)
            if uri and other != place:
                could_not_run(
                    f"--state {state}: the fleets of {owner.name} in {other} and in {place} would "
                    "share one state. Put {region} or {account} into the URI."
                )


def lease_text(document: PlanDocument, account: ConnectedAccount, now: datetime) -> str:
    """Return who holds the lease of the fleet that a plan is for, and until when."""
    held: list[str] = []
    state = document.choices.state
    for owner in document.owners:
        stored = StateLocation.parse(state).open(account, Owner(owner)).generation()
        generation = f"generation {stored.generation.generation}" if stored else "no state yet"
        lease = stored.generation.lease if stored else None
        by = "not held"
        if lease is not None and lease.until > now:
            by = f"held by {lease.holder} until {lease.until:%H:%M:%S} UTC"
        held.append(f"{owner}: {generation}, {by}")
    return f"{state}: {'; '.join(held)}"
