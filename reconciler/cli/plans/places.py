"""The plans that an apply carries out, one for each account and region.

A place that cannot be reached or planned holds up no other: why is told beside the plans.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from reconciler.cli.options.account import connected
from reconciler.cli.options.outside import Outside
from reconciler.cli.options.places import ConnectedJobs, connected_places
from reconciler.cli.options.specs import could_not_run, read_policy
from reconciler.cli.plans.applying import PlacePlan
from reconciler.cli.plans.approving import verified
from reconciler.cli.plans.document import Basis
from reconciler.cli.plans.files import is_plan_file, read
from reconciler.cli.plans.options import PlanRequest
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
        return _of_specs(paths, asked, outside)
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


def _of_specs(paths: Sequence[str], asked: PlanRequest, outside: Outside) -> PlacePlans:
    reached = connected_places(asked.declared(paths), asked.access, outside)
    found = PlacePlans(failures={place: str(why) for place, why in reached.failures.items()})
    alone = len(reached.places) == 1 and not reached.failures
    for place in reached.places:
        found.add(place.jobs.place, partial(_planned, place, asked, outside), alone=alone)
    return found


def _planned(place: ConnectedJobs, asked: PlanRequest, outside: Outside) -> PlacePlan:
    document = asked.planning(place.jobs, outside).against(place.account, Basis.ACCOUNT)
    return PlacePlan(document, place.account, place.jobs.policy)
