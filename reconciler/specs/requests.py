"""Requests in the AWS CLI's form (``--cli-input-json``, ``--cli-input-yaml``): one, or a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.rules import api
from reconciler.rules.finding import quoted
from reconciler.specs import codes
from reconciler.specs.job import RequestOrigin, SpecJob
from reconciler.specs.scalars import Decimal
from reconciler.specs.source import Document, Problem, Step, find, path_of

_KEYS: Final = frozenset(api.request_shape()["members"])


def is_request(value: object) -> bool:
    """Return whether a value looks like a request: a map with one of its keys."""
    return isinstance(value, dict) and not _KEYS.isdisjoint(value)


def request_jobs(document: Document) -> tuple[list[SpecJob], list[Problem]]:
    """Return the jobs of a document that is a request or a list of requests."""
    value = document.value
    if isinstance(value, list):
        entries: list[tuple[tuple[Step, ...], object]] = [
            ((index,), item) for index, item in enumerate(value)
        ]
    else:
        entries = [((), value)]
    jobs: list[SpecJob] = []
    problems: list[Problem] = []
    if not entries:
        problems.append(_no_spec(document, (), value))
    for base, item in entries:
        if not isinstance(item, dict) or not item:
            problems.append(_no_spec(document, base, item))
            continue
        if not is_request(item):
            problems.append(_no_spec(document, base, item))
            continue
        jobs.append(_job(document, base, item))
    return jobs, problems


def _job(document: Document, base: tuple[Step, ...], item: dict[str, object]) -> SpecJob:
    wire = {key: _as_api(key, value) for key, value in item.items()}
    name = wire.get("CompilationJobName")
    return SpecJob(
        name=name if isinstance(name, str) and name else _unnamed(document, base),
        owner=None,
        wire=wire,
        exact_output=True,
        origin=RequestOrigin(document, base),
    )


def _unnamed(document: Document, base: tuple[Step, ...]) -> str:
    offset = find(document.place, base)
    number = f"[{base[0]}]" if base else f":{document.source.position(offset)[0]}"
    return f"{document.source.name}{number}"


def _as_api(key: str, value: object) -> object:
    """Return a member with YAML's numbers as text where the API has text (``1.8``)."""
    shape = api.request_shape()["members"].get(key)
    return _typed(value, shape) if shape is not None else value


def _typed(value: object, shape_name: str) -> object:
    if isinstance(value, str):
        return value
    shape: Mapping[str, Any] = api.shape(shape_name)
    kind = shape["type"]
    if kind == "string" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return value.text if isinstance(value, Decimal) else str(value)
    if kind == "structure" and isinstance(value, dict):
        members = shape["members"]
        return {
            key: _typed(item, members[key]) if key in members else item
            for key, item in value.items()
        }
    if kind == "list" and isinstance(value, list):
        return [_typed(item, shape["member"]) for item in value]
    return value


def _no_spec(document: Document, base: tuple[Step, ...], value: object) -> Problem:
    what = "is empty" if value is None else "is neither a fleet nor a request"
    finding = codes.NO_SPEC.at(
        path_of(base), f"the document {what}", got=quoted(value),
        allowed="a fleet (apiVersion: neo-as-code/v1), a CreateCompilationJob request, or a list "
        "of such requests",
    )  # fmt: skip
    return Problem(finding, find(document.place, base))
