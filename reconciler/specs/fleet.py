"""A fleet document as jobs: variables put in, its form checked, models times targets."""

from __future__ import annotations

from typing import Any, Final

from pydantic_core import ValidationError

from reconciler.rules.finding import quoted
from reconciler.rules.job import IsLate
from reconciler.specs import codes
from reconciler.specs.document import Document
from reconciler.specs.expand import Expansion
from reconciler.specs.fleet_form import API_VERSION, validated
from reconciler.specs.fleet_types import Fleet
from reconciler.specs.job import SpecJob
from reconciler.specs.places import find
from reconciler.specs.problems import problems_of
from reconciler.specs.pruning import without_errors
from reconciler.specs.source import Problem
from reconciler.specs.variables import Substitution

_MAX_ATTEMPTS: Final = 4


def fleet_jobs(
    document: Document, substitution: Substitution, is_late: IsLate
) -> tuple[list[SpecJob], list[Problem]]:
    """The jobs of a fleet, and everything that is wrong with its form."""
    value: Any = document.value
    if "$" in document.source.text:
        value = substitution.document(value, document.place)
    problems = [*_api_version(document, value), *substitution.problems]
    fleet, wrong = _validated(document, value, is_late)
    problems += wrong
    if fleet is None:
        return [], problems
    expansion = Expansion(document, fleet, partial=bool(wrong))
    expansion.run()
    problems += expansion.problems + _unused(document, fleet, substitution)
    return expansion.jobs, problems


def _validated(
    document: Document, value: object, is_late: IsLate
) -> tuple[Fleet | None, list[Problem]]:
    """The fleet, and what is wrong with its form. What is wrong is then left out, so that the
    rest is read, and judged by the rules, in the same run."""
    problems: list[Problem] = []
    for attempt in range(_MAX_ATTEMPTS):
        try:
            return validated(value, is_late), problems
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
        "apiVersion", "this release does not read this version of the language",
        got=quoted(given), allowed=API_VERSION,
    )  # fmt: skip
    return [Problem(finding, find(document.place, ("apiVersion",)))]


def _unused(document: Document, fleet: Fleet, substitution: Substitution) -> list[Problem]:
    return [
        Problem(
            codes.UNUSED_VARIABLE.at(
                f"variables.{name}", f"the variable {quoted(name)} is not used", got=name
            ),
            find(document.place, ("variables", name), key=True),
        )
        for name in fleet.get("variables") or {}
        if name not in substitution.used
    ]
