"""Variables: ``${var.name}`` in any value of a fleet, given from outside.

A reference that is a whole value takes the variable's value with its type; inside a longer text
it takes its text. ``$${`` is a plain ``${``. Nothing else is touched, so CDK tokens pass.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from reconciler.core.fleet.variables import reference
from reconciler.rules.finding import Finding, quoted
from reconciler.rules.suggestion import did_you_mean
from reconciler.specs import codes
from reconciler.specs.scalars import Decimal, plain
from reconciler.specs.source import Place, Problem, Step, find, path_of

ENVIRONMENT_PREFIX: Final = "NEO_VAR_"
_REFERENCE: Final = re.compile(r"\$(\$\{|\{\s*var\.([A-Za-z_][A-Za-z0-9_-]{0,62})\s*\})")
_BEGUN: Final = "${var."
_SKIPPED: Final = "variables"


@dataclass
class Substitution:
    """Puts variables into one document, and notes what it could not put in.

    Attributes:
        given: Values from outside: text as typed, or any value from code.
        deploy_time_allowed: Whether a variable declared late may stay a reference.
    """

    given: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    deploy_time_allowed: bool = True
    problems: list[Problem] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    _declared: object = None
    _place: Place = 0

    def document(self, value: object, place: Place) -> object:
        """Return the document with every reference replaced, its ``variables`` left as they are."""
        if not isinstance(value, dict):
            return value
        self._declared = value.get(_SKIPPED)
        self._place = place
        return {
            key: item if key == _SKIPPED else self._value(item, (key,))
            for key, item in value.items()
        }

    def _value(self, value: object, steps: tuple[Step, ...]) -> object:
        if isinstance(value, str):
            return self._text(value, steps) if "${" in value else value
        if isinstance(value, dict):
            return {key: self._value(item, (*steps, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, (*steps, index)) for index, item in enumerate(value)]
        return value

    def _text(self, text: str, steps: tuple[Step, ...]) -> object:
        whole = _REFERENCE.fullmatch(text)
        if whole is not None and whole[2] is not None:
            return self._lookup(whole[2], steps)

        def replaced(match: re.Match[str]) -> str:
            if match[2] is None:
                return "${"
            return _as_text(self._lookup(match[2], steps))

        if _BEGUN in _REFERENCE.sub("", text):
            self._report(
                codes.BAD_VALUE.at(
                    path_of(steps), "malformed variable reference", got=quoted(text),
                    allowed="${var.name}",
                ),
                steps,
            )  # fmt: skip
        return _REFERENCE.sub(replaced, text)

    def _lookup(self, name: str, steps: tuple[Step, ...]) -> object:
        declared = self._declared if isinstance(self._declared, Mapping) else {}
        if name not in declared:
            self._report(
                codes.UNDECLARED.at(
                    path_of(steps), f"undeclared variable {quoted(name)}", got=name,
                    allowed=", ".join(declared),
                    hint=did_you_mean(name, declared, "Declare it under variables."),
                ),
                steps,
            )  # fmt: skip
            return reference(name)
        self.used.add(name)
        if name in self.given:
            value = self.given[name]
            return plain(value) if isinstance(value, str) and "${" not in value else value
        return self._default(name, declared[name], steps)

    def _default(self, name: str, declaration: object, steps: tuple[Step, ...]) -> object:
        if not isinstance(declaration, Mapping):
            if declaration is not None:
                return declaration
        elif declaration.get("default") is not None:
            return declaration["default"]
        elif declaration.get("late") is True and self.deploy_time_allowed:
            return reference(name)
        self._report(
            codes.UNDEFINED.at(
                path_of(steps), f"unset variable {quoted(name)}", got=name,
                hint=f"Set it with --var {name}=…, {ENVIRONMENT_PREFIX}{name} or a default.",
            ),
            steps,
        )  # fmt: skip
        return reference(name)

    def _report(self, finding: Finding, steps: tuple[Step, ...]) -> None:
        self.problems.append(Problem(finding, find(self._place, steps)))


def _as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
