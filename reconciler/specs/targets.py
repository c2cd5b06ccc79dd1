"""Which targets a fleet names, and which of them each model is compiled for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from reconciler.rules.api import TARGET_DEVICES
from reconciler.rules.finding import quoted
from reconciler.rules.suggestion import did_you_mean
from reconciler.specs import codes
from reconciler.specs.fleet_form import STRUCTURES, TARGET_KEYS
from reconciler.specs.fleet_types import TargetMap
from reconciler.specs.form_errors import DROPPED
from reconciler.specs.layers import Fields, fields_of
from reconciler.specs.source import Place, Problem, Step, find, path_of

_PARTS: Final = tuple(STRUCTURES["TargetPlatform"])


@dataclass(frozen=True, slots=True)
class Resolved:
    """A target with its name: what it sets, and where it was written.

    Attributes:
        fields: ``TargetDevice`` or ``TargetPlatform``, with what else is different for it.
        layer: Path of the map that ``fields`` come from; None for a target that is just named.
        at: Path of what names the target.
    """

    name: str
    fields: Fields
    layer: tuple[Step, ...] | None
    at: tuple[Step, ...]
    target: TargetMap | None = None


@dataclass
class TargetReader:
    """Reads the targets of one document, and notes what is wrong with them."""

    place: Place
    problems: list[Problem] = field(default_factory=list)
    partial: bool = False

    def read(
        self,
        targets: Mapping[str, TargetMap] | Iterable[str | TargetMap] | None,
        at: tuple[Step, ...],
        known: Mapping[str, Resolved] = MappingProxyType({}),
    ) -> dict[str, Resolved]:
        """Return the targets of a list or map, by name. Strings may refer to ``known`` ones."""
        found: dict[str, Resolved] = {}
        if targets is None:
            return found
        if isinstance(targets, Mapping):
            entries = [self._named(name, target, (*at, name)) for name, target in targets.items()]
        else:
            entries = [self._item(item, (*at, index), known) for index, item in enumerate(targets)]
        for resolved in entries:
            if resolved is None:
                continue
            if resolved.name in found:
                self._taken(resolved)
            found[resolved.name] = resolved
        return found

    def _item(
        self, item: str | TargetMap, at: tuple[Step, ...], known: Mapping[str, Resolved]
    ) -> Resolved | None:
        if not isinstance(item, str):
            return self._inline(item, at)
        if item in known:
            one = known[item]
            return Resolved(one.name, one.fields, one.layer, at, one.target)
        fields = target_of(item)
        if item == DROPPED:
            return None
        if fields is None:
            self._unknown(item, at, known)
            return None
        return Resolved(_name(fields), fields, None, at)

    def _inline(self, target: TargetMap, at: tuple[Step, ...]) -> Resolved | None:
        fields = fields_of(target)
        if fields.keys().isdisjoint(TARGET_KEYS):
            self.problems.append(
                Problem(
                    codes.MISSING_KEY.at(
                        path_of(at), "a target requires TargetDevice or TargetPlatform",
                        allowed="{TargetDevice: ml_c5}",
                    ),
                    find(self.place, at),
                )
            )  # fmt: skip
            return None
        return Resolved(target.get("name") or _name(fields), fields, at, at, target)

    def _named(self, name: str, target: TargetMap, at: tuple[Step, ...]) -> Resolved | None:
        fields = fields_of(target)
        if not fields.keys().isdisjoint(TARGET_KEYS):
            return Resolved(name, fields, at, at, target)
        implied = target_of(name)
        if implied is None:
            if not self.partial:
                self._unknown(name, at, {})
            return None
        return Resolved(_name(implied), {**implied, **fields}, at, at, target)

    def _unknown(self, text: str, at: tuple[Step, ...], known: Mapping[str, Resolved]) -> None:
        finding = codes.UNKNOWN_TARGET.at(
            path_of(at), f"unknown target {quoted(text)}", got=text,
            allowed="a device (ml_c5), a platform (LINUX/ARM64/NVIDIA)"
            + (f", or one of {', '.join(known)}" if known else ""),
            hint=did_you_mean(text, (*known, *TARGET_DEVICES)),
        )  # fmt: skip
        self.problems.append(Problem(finding, find(self.place, at, key=True)))

    def _taken(self, resolved: Resolved) -> None:
        finding = codes.NAME_TAKEN.at(
            path_of(resolved.at), f"duplicate target {quoted(resolved.name)}",
            got=resolved.name, hint="Remove one, or give it a name of its own.",
        )  # fmt: skip
        self.problems.append(Problem(finding, find(self.place, resolved.at, key=True)))


@lru_cache(maxsize=256)
def target_of(text: str) -> Fields | None:
    """Return the fields of a short form: a device, ``OS/ARCH`` or ``OS/ARCH/ACCELERATOR``."""
    if text in TARGET_DEVICES or text.startswith("${"):
        return {"TargetDevice": text}
    parts = text.upper().split("/")
    if not 2 <= len(parts) <= len(_PARTS):
        return None
    return {"TargetPlatform": dict(zip(_PARTS, parts, strict=False))}


def _name(fields: Fields) -> str:
    platform = fields.get("TargetPlatform")
    if isinstance(platform, Mapping):
        return "_".join(str(platform[part]) for part in _PARTS if platform.get(part))
    return str(fields.get("TargetDevice"))
