"""The switches: unverified behaviour of the service, and faults on demand.

All faults are off by default. They are set on the command line or at run time through
``POST /_neo_local/faults`` with a JSON object of the fields of `Switches`.
"""

from __future__ import annotations

import dataclasses
import json
import math
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Json = Any  # a value as json.loads gives it
NotFound = Literal["ResourceNotFound", "ValidationException"]
StopOnTerminal = Literal["accepted", "ValidationException"]
NameReuse = Literal["allowed", "refused"]
IamLagShape = Literal["create", "job"]

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "not_found": get_args(NotFound),
    "stop_on_terminal": get_args(StopOnTerminal),
    "name_reuse": get_args(NameReuse),
    "iam_lag_shape": get_args(IamLagShape),
}


@dataclass(frozen=True, slots=True)
class Switches:
    """One setting of every switch.

    Rates are 0..1, drawn from a generator seeded with `seed`; times are seconds.
    """

    throttle_rate: float = 0.0
    throttle_operations: tuple[str, ...] = ()  # empty: every operation
    latency_seconds: float = 0.0
    lost_responses: Mapping[str, int] = field(default_factory=dict)  # operation -> how many
    stale_list_seconds: float = 0.0
    empty_pages: bool = False  # an empty page with a token before every page of List
    filter_after_paging: bool = False  # pages are cut first and filtered then, so some are empty
    not_found: NotFound = "ResourceNotFound"
    stop_on_terminal: StopOnTerminal = "accepted"
    name_reuse: NameReuse = "allowed"
    iam_lag_seconds: float = 0.0  # a role can be assumed so long after it was first seen
    iam_lag_shape: IamLagShape = "create"
    max_concurrent_jobs: int = 20
    access_checks: bool = True  # roles, networks and keys are looked up in MiniStack
    hold_jobs: bool = False  # jobs that start stay INPROGRESS until this is off again
    seed: int = 0


class BadSwitch(ValueError):
    """A switch that does not exist, or a value that it cannot have."""


def changed(switches: Switches, updates: Mapping[str, Any]) -> Switches:
    """Return the switches with updates. Raises BadSwitch, which says what is allowed."""
    known = {one.name: one for one in dataclasses.fields(Switches)}
    for name in updates:
        if name not in known:
            raise BadSwitch(f"unknown switch {name!r}; the switches are {', '.join(known)}")
    return dataclasses.replace(
        switches, **{name: _value(name, value) for name, value in updates.items()}
    )


def _value(name: str, value: Json) -> Json:
    default = getattr(Switches(), name)
    if name in _CHOICES:
        return _checked(value in _CHOICES[name], name, value, " or ".join(_CHOICES[name]), value)
    if name == "throttle_operations":
        good = isinstance(value, list) and all(isinstance(one, str) for one in value)
        return _checked(good, name, value, "a list of operation names", tuple(value))
    if name == "lost_responses":
        good = isinstance(value, dict) and all(type(one) is int for one in value.values())
        return _checked(good, name, value, 'an object such as {"CreateCompilationJob": 1}', value)
    if isinstance(default, bool):
        return _checked(isinstance(value, bool), name, value, "true or false", value)
    number = type(value) is int or (type(value) is float and type(default) is float)
    good = number and 0 <= value < math.inf
    return _checked(good, name, value, "a number that is not negative", value)


def _checked(good: bool, name: str, got: Json, allowed: str, value: Json) -> Json:
    if not good:
        raise BadSwitch(f"{name}: got {json.dumps(got)}, allowed is {allowed}")
    return value


class Faults:
    """The current switches, with the state that they need. Safe for use by many threads."""

    def __init__(self, switches: Switches) -> None:
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._switches = switches
        self._random = random.Random(switches.seed)  # noqa: S311 - faults, no secrets
        self._first_seen: dict[str, float] = {}

    @property
    def switches(self) -> Switches:
        """As they are now; `lost_responses` says how many are still to be lost."""
        with self._lock:
            return self._switches

    def update(self, updates: Mapping[str, Any]) -> Switches:
        """Change some switches; a reset is an update with every field of `Switches()`.

        Setting the throttling or its seed begins its draws anew, setting the lag forgets the
        roles that were seen.
        """
        with self._lock:
            self._switches = changed(self._switches, updates)
            if updates.keys() & {"throttle_rate", "seed"}:
                self._random = random.Random(self._switches.seed)  # noqa: S311 - as above
            if "iam_lag_seconds" in updates:
                self._first_seen.clear()
            self._changed.notify_all()
            return self._switches

    def throttles(self, operation: str) -> bool:
        with self._lock:
            only = self._switches.throttle_operations
            concerned = not only or operation in only
            return concerned and self._random.random() < self._switches.throttle_rate

    def loses_response(self, operation: str) -> bool:
        with self._lock:
            left = self._switches.lost_responses.get(operation, 0)
            if left <= 0:
                return False
            losses = {**self._switches.lost_responses, operation: left - 1}
            self._switches = dataclasses.replace(self._switches, lost_responses=losses)
            return True

    def role_is_assumable(self, role: str, now: float) -> bool:
        with self._lock:
            seen = self._first_seen.setdefault(role, now)
            return now - seen >= self._switches.iam_lag_seconds

    def wait_while_held(self, seconds: float) -> bool:
        """Wait at most `seconds` for `hold_jobs` to be off; whether it still is on."""
        with self._lock:
            if self._switches.hold_jobs:
                self._changed.wait(seconds)
            return self._switches.hold_jobs
