"""A fleet's jobs: each model for each of its targets, nearer values before farther ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.core.fields import TAGS, nested, paths, short_path
from reconciler.specs import codes
from reconciler.specs.document import Document
from reconciler.specs.fields_of import Fields, fields_of, options_text
from reconciler.specs.fleet_types import Fleet, Model, Override, SuppressionMap
from reconciler.specs.job import FleetOrigin, SpecJob, Suppressed
from reconciler.specs.places import Step, find, path_of
from reconciler.specs.pruning import DROPPED
from reconciler.specs.source import Problem
from reconciler.specs.targets import Resolved, TargetReader

DEFAULT_RUNTIME: Final = 900


def _place(path: str) -> str:
    """Return the place in the request of the fleet file's key that holds a field."""
    _, dot, inner = short_path(path).partition(".")
    return path.removesuffix(dot + inner)


_PLACES: Final = {short_path(place): place for place in map(_place, paths())}


@dataclass
class Expansion:
    """The jobs of one fleet document, and what is wrong with it beyond its form."""

    document: Document
    fleet: Fleet
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
        model: Model,
        reader: TargetReader,
        common: Mapping[str, Resolved],
        defaults: Fields,
        everywhere: tuple[Suppressed, ...],
    ) -> None:
        at: tuple[Step, ...] = ("models", name)
        targets = (
            dict(common)
            if model.get("targets") is None
            else reader.read(model.get("targets"), (*at, "targets"), common)
        )
        self._check_names(model, targets, common, at)
        targets = {
            key: item for key, item in targets.items() if key not in (model.get("exclude") or ())
        }
        if not targets and not self.partial:
            self._no_target(name, at)
        own = fields_of(model)
        suppressed = everywhere + self._suppressed(model.get("suppress"), (*at, "suppress"))
        for resolved in targets.values():
            override = (model.get("overrides") or {}).get(resolved.name)
            layers = self._layers(at, resolved, override)
            nearest_fields = fields_of(override) if override is not None else {}
            merged = _merged(defaults, own, resolved.fields, nearest_fields)
            more = suppressed + self._nearer(at, resolved, override)
            self._job(f"{name}/{resolved.name}", merged, layers, at, resolved.at, more)

    def _layers(
        self, at: tuple[Step, ...], resolved: Resolved, override: Override | None
    ) -> tuple[tuple[Step, ...], ...]:
        return (
            *([(*at, "overrides", resolved.name)] if override is not None else []),
            *([resolved.layer] if resolved.layer is not None else []),
            at,
            ("defaults",),
        )

    def _nearer(
        self, at: tuple[Step, ...], resolved: Resolved, override: Override | None
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
                exact_output=bool(merged.get("exactOutput")),
                origin=FleetOrigin(self.document, layers, at, target_at, wire),
                revision=merged.get("revision"),
                region=self.fleet.get("region"),
                suppressed=suppressed,
                partial=self.partial,
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
        model: Model,
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
        from reconciler.rules.suggestion import closest

        near = closest(name, known)
        finding = codes.UNKNOWN_TARGET.at(
            path_of(steps), f"{name!r} is none of this model's targets", got=name,
            allowed=", ".join(known) or "none", hint=f"Did you mean {near}?" if near else "",
        )  # fmt: skip
        self.problems.append(Problem(finding, find(self.document.place, steps, key=True)))

    def _no_target(self, name: str, at: tuple[Step, ...]) -> None:
        finding = codes.NO_TARGET.at(
            path_of(at), f"the model {name!r} has no target", allowed="targets: [ml_c5]",
            hint="Add targets to the model, or at the top for all models.",
        )  # fmt: skip
        self.problems.append(Problem(finding, find(self.document.place, at, key=True)))


def _merged(*layers: Fields) -> dict[str, Any]:
    """The layers from far to near: a nearer value wins, None takes a value away, Tags add up."""
    merged: dict[str, Any] = {}
    tags: dict[str, Any] = {}
    for layer in layers:
        merged.update(layer)
        if isinstance(layer.get("Tags"), dict):
            tags.update(layer["Tags"])
        elif "Tags" in layer:
            tags = {}
    if tags:
        merged["Tags"] = tags
    return {key: value for key, value in merged.items() if value is not None}


def wire_of(merged: Fields) -> dict[str, Any]:
    """Return the CreateCompilationJob request of a job's merged fields."""
    wire = nested((path, merged[key]) for key, path in _PLACES.items() if key in merged)
    output = wire.setdefault("OutputConfig", {})
    if "CompilerOptions" in output:
        output["CompilerOptions"] = options_text(
            output["CompilerOptions"], output.get("TargetDevice")
        )
    if not wire.get("StoppingCondition"):
        wire["StoppingCondition"] = {"MaxRuntimeInSeconds": DEFAULT_RUNTIME}
    if TAGS in wire:
        wire[TAGS] = [{"Key": key, "Value": value} for key, value in wire[TAGS].items()]
    return wire
