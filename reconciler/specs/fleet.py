"""A fleet document as jobs: variables put in, its form checked, models times targets.

Each job is a model for one of its targets, nearer values before farther ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_core import ValidationError

from reconciler.rules.finding import quoted
from reconciler.rules.job import IsDeployTime
from reconciler.rules.suggestion import did_you_mean
from reconciler.specs import codes
from reconciler.specs.fleet_form import API_VERSION, validated
from reconciler.specs.fleet_types import FleetMap, ModelMap, OverrideMap, SuppressionMap
from reconciler.specs.form_errors import DROPPED, problems_of, without_errors
from reconciler.specs.job import FleetOrigin, SpecJob, Suppressed
from reconciler.specs.layers import Fields, fields_of, merged_fields, wire_of
from reconciler.specs.source import Document, Problem, Step, find, path_of
from reconciler.specs.targets import Resolved, TargetReader
from reconciler.specs.variables import Substitution

_MAX_ATTEMPTS: Final = 4


def fleet_jobs(
    document: Document, substitution: Substitution, is_deploy_time: IsDeployTime
) -> tuple[list[SpecJob], list[Problem]]:
    """Return the jobs of a fleet, and all problems of its form."""
    value: Any = document.value
    if "$" in document.source.text:
        value = substitution.document(value, document.place)
    problems = [*_api_version(document, value), *substitution.problems]
    fleet, wrong = _validated(document, value, is_deploy_time)
    problems += wrong
    if fleet is None:
        return [], problems
    expansion = _Expansion(document, fleet, partial=bool(wrong))
    expansion.run()
    problems += expansion.problems + _unused(document, fleet, substitution)
    return expansion.jobs, problems


def _validated(
    document: Document, value: object, is_deploy_time: IsDeployTime
) -> tuple[FleetMap | None, list[Problem]]:
    """Return the fleet, and the problems of its form.

    What is wrong is left out, so that the rest is read, and judged by the rules, in the same run.
    """
    problems: list[Problem] = []
    for attempt in range(_MAX_ATTEMPTS):
        try:
            return validated(value, is_deploy_time), problems
        except ValidationError as wrong:
            if attempt == 0:
                problems = problems_of(wrong, document.place)
            value = without_errors(value, wrong)
    return None, problems


def _api_version(document: Document, value: object) -> list[Problem]:
    given = value.get("apiVersion") if isinstance(value, dict) else None
    if given is None or given == API_VERSION:
        return []
    finding = codes.API_VERSION.at(
        "apiVersion", "unsupported apiVersion",
        got=quoted(given), allowed=API_VERSION,
    )  # fmt: skip
    return [Problem(finding, find(document.place, ("apiVersion",)))]


def _unused(document: Document, fleet: FleetMap, substitution: Substitution) -> list[Problem]:
    return [
        Problem(
            codes.UNUSED_VARIABLE.at(
                f"variables.{name}", f"unused variable {quoted(name)}", got=name
            ),
            find(document.place, ("variables", name), key=True),
        )
        for name in fleet.get("variables") or {}
        if name not in substitution.used
    ]


@dataclass
class _Expansion:
    """The jobs of one fleet document, and what is wrong with it beyond its form."""

    document: Document
    fleet: FleetMap
    partial: bool = False
    jobs: list[SpecJob] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def run(self) -> None:
        """Fill ``jobs`` and ``problems``."""
        reader = TargetReader(self.document.place, self.problems, self.partial)
        common = reader.read(self.fleet.get("targets"), ("targets",))
        defaults = fields_of(self.fleet.get("defaults") or {})
        everywhere = self._suppressed(self.fleet.get("suppress"), ("suppress",))
        for name, model in self.fleet["models"].items():
            self._model(name, model, reader, common, defaults, everywhere)

    def _model(
        self,
        name: str,
        model: ModelMap,
        reader: TargetReader,
        common: Mapping[str, Resolved],
        defaults: Fields,
        everywhere: tuple[Suppressed, ...],
    ) -> None:
        at: tuple[Step, ...] = ("models", name)
        before = 0 if model.get("targets") is None else len(self.problems)
        targets = (
            dict(common)
            if model.get("targets") is None
            else reader.read(model.get("targets"), (*at, "targets"), common)
        )
        self._check_names(model, targets, common, at)
        targets = {
            key: item for key, item in targets.items() if key not in (model.get("exclude") or ())
        }
        if not targets and not self.partial and len(self.problems) == before:
            self._no_target(name, at)
        own = fields_of(model)
        suppressed = everywhere + self._suppressed(model.get("suppress"), (*at, "suppress"))
        for resolved in targets.values():
            override = (model.get("overrides") or {}).get(resolved.name)
            layers = self._layers(at, resolved, override)
            nearest_fields = fields_of(override) if override is not None else {}
            merged = merged_fields(defaults, own, resolved.fields, nearest_fields)
            more = suppressed + self._nearer(at, resolved, override)
            self._job(f"{name}/{resolved.name}", merged, layers, at, resolved.at, more)

    def _layers(
        self, at: tuple[Step, ...], resolved: Resolved, override: OverrideMap | None
    ) -> tuple[tuple[Step, ...], ...]:
        return (
            *([(*at, "overrides", resolved.name)] if override is not None else []),
            *([resolved.layer] if resolved.layer is not None else []),
            at,
            ("defaults",),
        )

    def _nearer(
        self, at: tuple[Step, ...], resolved: Resolved, override: OverrideMap | None
    ) -> tuple[Suppressed, ...]:
        found: tuple[Suppressed, ...] = ()
        if resolved.target is not None and resolved.layer is not None:
            found += self._suppressed(
                resolved.target.get("suppress"), (*resolved.layer, "suppress")
            )
        if override is not None:
            path = (*at, "overrides", resolved.name, "suppress")
            found += self._suppressed(override.get("suppress"), path)
        return found

    def _job(
        self,
        name: str,
        merged: Fields,
        layers: tuple[tuple[Step, ...], ...],
        at: tuple[Step, ...],
        target_at: tuple[Step, ...],
        suppressed: tuple[Suppressed, ...],
    ) -> None:
        wire = wire_of(merged)
        self.jobs.append(
            SpecJob(
                name=name,
                owner=self.fleet["owner"],
                wire=wire,
                exact_output=bool(merged.get("exactOutput") or merged.get("existingJob")),
                origin=FleetOrigin(self.document, layers, at, target_at, wire),
                revision=merged.get("revision"),
                region=self.fleet.get("region"),
                account=self.fleet.get("account"),
                assume_role=self.fleet.get("assumeRole"),
                suppressed=suppressed,
                partial=self.partial,
                existing_job=merged.get("existingJob"),
                device=merged.get("device"),
            )
        )

    def _suppressed(
        self, listed: list[SuppressionMap] | None, at: tuple[Step, ...]
    ) -> tuple[Suppressed, ...]:
        return tuple(
            Suppressed(item["code"], item["reason"], find(self.document.place, (*at, index)))
            for index, item in enumerate(listed or ())
        )

    def _check_names(
        self,
        model: ModelMap,
        targets: Mapping[str, Resolved],
        common: Mapping[str, Resolved],
        at: tuple[Step, ...],
    ) -> None:
        known = {**common, **targets}
        for index, name in enumerate(model.get("exclude") or ()):
            if name not in known and name != DROPPED:
                self._unknown(name, known, (*at, "exclude", index))
        for name in model.get("overrides") or {} if not self.partial else ():
            if name not in targets or name in (model.get("exclude") or ()):
                self._unknown(name, targets, (*at, "overrides", name))

    def _unknown(self, name: str, known: Mapping[str, Resolved], steps: tuple[Step, ...]) -> None:
        finding = codes.UNKNOWN_TARGET.at(
            path_of(steps), f"unknown target {name!r} of this model", got=name,
            allowed=", ".join(known) or "none", hint=did_you_mean(name, known),
        )  # fmt: skip
        self.problems.append(Problem(finding, find(self.document.place, steps, key=True)))

    def _no_target(self, name: str, at: tuple[Step, ...]) -> None:
        finding = codes.NO_TARGET.at(
            path_of(at), f"the model {name!r} has no target", allowed="targets: [ml_c5]",
            hint="Add targets to the model, or at the top for all models.",
        )  # fmt: skip
        self.problems.append(Problem(finding, find(self.document.place, at, key=True)))
