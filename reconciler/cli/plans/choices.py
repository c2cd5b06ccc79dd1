"""What a plan is asked for beyond the specs: which jobs, and what may be done to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.cli.options.declared import ALL_NAMES, NamePatterns
from reconciler.core.canonical import Json
from reconciler.core.declaration import Declaration
from reconciler.core.failure import FailureKind
from reconciler.core.observed import ObservedJob
from reconciler.core.ownership import LOGICAL_NAME, logical_name_tag
from reconciler.core.plan import Plan
from reconciler.engine.reconcile import PassOptions
from reconciler.engine.snapshot import FleetSnapshot


@dataclass(frozen=True, slots=True)
class PlanChoices:
    """The options of ``neoctl plan`` and ``neoctl apply`` that decide what is planned.

    Attributes:
        names: Which logical names are planned for.
        prune: Whether jobs that no spec declares are stopped, and their records deleted.
        replace: Logical names of jobs that are to be compiled anew.
        retry_failed: Classes of failures after which jobs are tried again.
        refresh: Whether tags, settings and artifacts of compiled jobs are read.
        destroy: Whether the plan is to end what is declared.
        state: Where the fleet that it is shared with keeps its state; empty if it is not shared.
    """

    names: NamePatterns = ALL_NAMES
    prune: bool = False
    replace: tuple[str, ...] = ()
    retry_failed: tuple[FailureKind, ...] = ()
    refresh: bool = False
    destroy: bool = False
    state: str = ""

    def selects(self, name: str) -> bool:
        """Return whether a logical name is among those that are planned for."""
        return self.names.selects(name)

    def scope(
        self, planned: Iterable[Declaration], others: Iterable[Declaration]
    ) -> Callable[[ObservedJob], bool]:
        """Return what tells the undeclared jobs that may be ended.

        They are older jobs of a planned logical name and, with ``prune``, jobs whose logical name
        no spec declares.

        Args:
            planned: The selected declarations.
            others: The declarations that are not selected.
        """
        ours = {logical_name_tag(each.logical_name) for each in planned}
        left_alone = {logical_name_tag(each.logical_name) for each in others}

        def in_scope(job: ObservedJob) -> bool:
            tag = (job.tags or {}).get(LOGICAL_NAME, "")
            prunable = self.prune and tag not in left_alone and self.selects(tag)
            return tag in ours or prunable

        return in_scope

    def pass_options(
        self,
        planned: Collection[Declaration],
        until: datetime,
        in_scope: Callable[[ObservedJob], bool],
        *,
        permit: Callable[[Plan, FleetSnapshot], Plan] = lambda plan, _: plan,
        fail_fast: bool = False,
    ) -> PassOptions:
        """Return the options of a pass over the selected declarations."""
        return PassOptions(
            until=until,
            fail_fast=fail_fast,
            retry_rejected=True,
            prune=self.prune,
            refresh=self.refresh,
            trust_completed=not self.refresh,
            retry_ended=frozenset(self.retry_failed),
            replaced=frozenset(
                each.identity for each in planned if each.logical_name in self.replace
            ),
            in_scope=in_scope,
            permit=permit,
        )

    def to_json(self) -> dict[str, Json]:
        """Return their JSON form."""
        only: list[Json] = [*sorted(self.names.only or ())]
        return {
            "include": list(self.names.include), "exclude": list(self.names.exclude),
            "prune": self.prune, "replace": list(self.replace), "refresh": self.refresh,
            "retry_failed": [each.value for each in self.retry_failed],
            **({"destroy": True} if self.destroy else {}),
            **({"only": only} if self.names.only is not None else {}),
            **({"state": self.state} if self.state else {}),
        }  # fmt: skip

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> PlanChoices:
        """Read them back. Raises KeyError, TypeError or ValueError."""
        return PlanChoices(
            names=NamePatterns(
                _texts(value["include"]),
                _texts(value["exclude"]),
                frozenset(_texts(value["only"])) if "only" in value else None,
            ),
            prune=_flag(value["prune"]),
            replace=_texts(value["replace"]),
            retry_failed=tuple(map(FailureKind, _texts(value["retry_failed"]))),
            refresh=_flag(value["refresh"]),
            destroy=_flag(value.get("destroy", False)),
            state=_text(value.get("state", "")),
        )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a string")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise TypeError("must be a list of strings")
    return tuple(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value
