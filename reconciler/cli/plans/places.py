"""The plans that an apply carries out, one for each account and region.

A place that cannot be reached or planned holds up no other: why is told beside the plans.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from reconciler.cli.options.account import connected
from reconciler.cli.options.declared import DeclaredJobs
from reconciler.cli.options.outside import ConnectedAccount, Outside
from reconciler.cli.options.places import ConnectedJobs, connected_places
from reconciler.cli.options.specs import could_not_run, read_policy
from reconciler.cli.plans.applying import PlacePlan
from reconciler.cli.plans.approving import verified
from reconciler.cli.plans.document import Basis, PlanDocument
from reconciler.cli.plans.files import is_plan_file, read
from reconciler.cli.plans.options import PlanRequest
from reconciler.cli.plans.planning import Planning
from reconciler.cli.plans.state_location import StateLocation
from reconciler.core.identity import Owner
from reconciler.core.ports import PortError


@dataclass(slots=True)
class PlacePlans:
    """The plans of all places.

    Attributes:
        failures: Why a place has no plan, by its name.
    """

    plans: list[PlacePlan] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def add(self, place: str, make: Callable[[], PlacePlan], *, alone: bool) -> None:
        """Add the plan of a place, or why there is none; raise PortError if it is the only one."""
        try:
            self.plans.append(make())
        except PortError as error:
            if alone:
                raise
            self.failures[place] = str(error)


def place_plans(paths: Sequence[str], asked: PlanRequest, outside: Outside) -> PlacePlans:
    """Return the plans that plan files hold, or that are made of specs.

    Raises PortError, PlanFileError, PlanError; exits with an error for what cannot be planned.
    """
    files = [path for path in paths if is_plan_file(path)]
    if not files:
        return plans_of_specs(
            asked.declared(paths), asked, outside,
            lambda planning, account: planning.against(account, Basis.ACCOUNT),
        )  # fmt: skip
    if len(files) < len(paths):
        could_not_run("give plan files or specs, not both")
    if asked.plans_anything():
        could_not_run("a plan file has been planned: give options of planning to neoctl plan")
    found = PlacePlans()
    for path in files:
        found.add(path, partial(_of_file, path, asked, outside), alone=len(files) == 1)
    return found


def _of_file(path: str, asked: PlanRequest, outside: Outside) -> PlacePlan:
    document, access = read(path), asked.access
    there = replace(
        access, region=access.region or document.region,
        assume_role=access.assume_role or document.assume_role or None,
    )  # fmt: skip
    account = connected(outside, there)
    policy = read_policy(asked.specs.policy_file)
    return PlacePlan(verified(document, account, path), account, policy)


def plans_of_specs(
    declared: Sequence[DeclaredJobs],
    asked: PlanRequest,
    outside: Outside,
    make: Callable[[Planning, ConnectedAccount], PlanDocument],
) -> PlacePlans:
    """Connect to every place that specs are for, and make its plan.

    Args:
        make: Makes the plan of an account. Raises PortError.
    """
    reached = connected_places(declared, asked.access, outside)
    found = PlacePlans(failures={place: str(why) for place, why in reached.failures.items()})
    for place in reached.places:
        planned = partial(_planned, place, asked.planning(place.jobs, outside), make)
        found.add(place.jobs.place, planned, alone=len(declared) == 1)
    return found


def lease_text(state: str, plan: PlacePlan, now: datetime) -> str:
    """Return who holds the lease of the fleet that a plan is for, and until when."""
    held: list[str] = []
    for owner in plan.document.owners:
        stored = StateLocation.parse(state).open(plan.account, Owner(owner)).generation()
        generation = f"generation {stored.generation.generation}" if stored else "no state yet"
        lease = stored.generation.lease if stored else None
        by = "not held"
        if lease is not None and lease.until > now:
            by = f"held by {lease.holder} until {lease.until:%H:%M:%S} UTC"
        held.append(f"{owner}: {generation}, {by}")
    return f"{state}: {'; '.join(held)}"


def _planned(
    place: ConnectedJobs,
    planning: Planning,
    make: Callable[[Planning, ConnectedAccount], PlanDocument],
) -> PlacePlan:
    document = replace(make(planning, place.account), assume_role=place.assume_role)
    return PlacePlan(document, place.account, place.jobs.policy)
