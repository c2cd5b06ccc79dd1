"""A fleet's document: every declared job in one canonical JSON text, variables not put in yet.

    {"jobs": [{"exactOutput": false, "logicalName": "…", "request": {…}, "revision": null}],
     "schema": 1, "variables": {"role": "text"}}

``request`` is a CreateCompilationJob request without name. Its texts may hold ``${var.name}`` for
deploy-time values, whose kinds are in ``variables``; see ``core.fleet.variables``. Constructs and
``neoctl build`` write it.

What ``neoctl build`` wrote before is read too: jobs with ``Declaration``, ``LateBound``, ``Tags``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from reconciler.core.canonical import UNREADABLE
from reconciler.core.contract import (
    DECLARATION,
    DOCUMENT_SCHEMA,
    EXACT_OUTPUT,
    JOBS,
    LATE_BOUND,
    LOGICAL_NAME,
    MAX_JOBS,
    REQUEST,
    REVISION,
    SCHEMA,
    TAGS,
)
from reconciler.core.contract import DOCUMENT_VARIABLES as VARIABLES
from reconciler.core.declaration import Declaration
from reconciler.core.deploy_time import DeployTimeError, put
from reconciler.core.fleet.variables import KINDS, REFERENCE, VariableResolver
from reconciler.core.identity import Owner

_JOB_KEYS: Final = frozenset({LOGICAL_NAME, REQUEST, REVISION, EXACT_OUTPUT})
_ENCODER: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
encode: Final = _ENCODER.encode
_quoted: Final = cache(encode)


class DocumentError(ValueError):
    """A fleet's document, or a value for one of its variables, cannot be read; says where."""


@dataclass(frozen=True, slots=True)
class JobText:
    """A job's text without its logical name, made once for all jobs that differ only in it."""

    head: str
    tail: str

    @staticmethod
    def of(request: Mapping[str, str], revision: str, *, exact_output: bool) -> JobText:
        """Return the text of a job.

        Args:
            request: The members of its request, each as JSON text.
            revision: The revision as JSON text.
            exact_output: Whether the output location is used as it is.
        """
        members = ",".join(f"{_quoted(key)}:{request[key]}" for key in sorted(request))
        return JobText(
            f'{{"{EXACT_OUTPUT}":{encode(exact_output)},"{LOGICAL_NAME}":',
            f',"{REQUEST}":{{{members}}},"{REVISION}":{revision}}}',
        )

    def named(self, logical_name: str) -> str:
        """Return the text of the job of this name."""
        return f"{self.head}{encode(logical_name)}{self.tail}"


def document_text(jobs: Iterable[str], variables: Mapping[str, str]) -> str:
    """Return the canonical text of a document of these jobs' texts."""
    kinds = encode(dict(variables))
    return f'{{"{JOBS}":[{",".join(jobs)}],"{SCHEMA}":{DOCUMENT_SCHEMA},"{VARIABLES}":{kinds}}}'


def digest_of(text: str | bytes) -> str:
    """Return the SHA-256 of a document's text, in hex."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


@dataclass(frozen=True, slots=True)
class FleetDocument:
    """The jobs of a fleet.

    Attributes:
        jobs: As in the text, in its order.
        variables: The kind of each variable that has no value yet, by name.
    """

    jobs: tuple[dict[str, Any], ...]
    variables: Mapping[str, str]

    @staticmethod
    def parse(text: str | bytes) -> FleetDocument:
        """Read a document's text. Raise DocumentError."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DocumentError(f"the fleet's document is not JSON: {error}") from None
        if not isinstance(value, dict) or value.get(SCHEMA) != DOCUMENT_SCHEMA:
            raise DocumentError(
                f"the fleet's document must be an object with schema {DOCUMENT_SCHEMA}"
            )
        jobs, variables = value.get(JOBS), value.get(VARIABLES, {})
        if not isinstance(jobs, list) or not isinstance(variables, dict):
            raise DocumentError("the fleet's document must have a list of jobs")
        if any(isinstance(job, dict) and DECLARATION in job for job in jobs):
            return FleetDocument.of(*_of_bundle(jobs))
        return FleetDocument.of(jobs, variables)

    @staticmethod
    def of(jobs: Sequence[dict[str, Any]], variables: Mapping[str, str]) -> FleetDocument:
        """Return a document of these jobs. Raise DocumentError for what is not a job."""
        if len(jobs) > MAX_JOBS:
            raise DocumentError(f"{len(jobs)} jobs: at most {MAX_JOBS} are allowed in one fleet")
        for index, job in enumerate(jobs):
            if not isinstance(job, dict) or not isinstance(job.get(REQUEST), dict):
                raise DocumentError(f"jobs[{index}] must be an object with a request")
            if not isinstance(job.get(LOGICAL_NAME), str) or not job[LOGICAL_NAME]:
                raise DocumentError(f"jobs[{index}].{LOGICAL_NAME} must be text")
            if unknown := sorted(set(job) - _JOB_KEYS):
                raise DocumentError(f"jobs[{index}] has the unknown key {unknown[0]!r}")
        for name, kind in variables.items():
            if kind not in KINDS:
                raise DocumentError(f"variables.{name} is {kind!r}; {', '.join(KINDS)} are allowed")
        return FleetDocument(tuple(jobs), dict(variables))

    def text(self) -> str:
        """Return the canonical text: the same jobs in the same order give the same bytes.

        Raise DocumentError for what JSON cannot hold.
        """
        try:
            return document_text(map(encode, self.jobs), self.variables)
        except UNREADABLE as error:
            raise DocumentError(f"the fleet's document: {error}") from None

    def resolved(self, values: Mapping[str, object]) -> FleetDocument:
        """Return the document with the value of every variable put in.

        Raise DocumentError for a variable that is not declared, has no value, or one of the wrong
        kind.
        """
        if missing := sorted(set(self.variables) - set(values)):
            raise DocumentError(f"the variable {missing[0]!r} of the fleet has no value")
        resolver = VariableResolver({name: values[name] for name in self.variables}, self.variables)
        try:
            return FleetDocument(tuple(map(resolver.job, self.jobs)), {})
        except DeployTimeError as error:
            raise DocumentError(str(error)) from None

    def declarations(
        self, owner: Owner, tags: Sequence[tuple[str, str]] = ()
    ) -> tuple[Declaration, ...]:
        """Return what the reconciler works with.

        Args:
            owner: Whose the jobs are.
            tags: Tags for every job; a job's own come before them.

        Raise DocumentError, with the job's name, for a request that the API does not have.
        """
        return tuple(_declaration(job, owner, tags) for job in self.jobs)


def _declaration(
    job: Mapping[str, Any], owner: Owner, tags: Sequence[tuple[str, str]]
) -> Declaration:
    name, request = job[LOGICAL_NAME], job[REQUEST]
    try:
        own = request.get(TAGS) or []
        merged = {**dict(tags), **{tag["Key"]: tag["Value"] for tag in own}}
        pairs = [{"Key": key, "Value": value} for key, value in merged.items()]
        return Declaration.read(owner, job, {**request, TAGS: pairs})
    except UNREADABLE as error:
        raise DocumentError(f"job {name!r}: {error}") from None


def _of_bundle(jobs: Sequence[Any]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the jobs of a build's older form, and the variables that they refer to."""
    found: list[dict[str, Any]] = []
    for index, job in enumerate(jobs):
        try:
            declaration = json.loads(job[DECLARATION])
            request = {**declaration[REQUEST], TAGS: job.get(TAGS) or []}
            for pointer, value in (job.get(LATE_BOUND) or {}).items():
                put(request, pointer, value)
            found.append(
                {
                    LOGICAL_NAME: declaration[LOGICAL_NAME],
                    REQUEST: request,
                    REVISION: declaration.get(REVISION),
                    EXACT_OUTPUT: bool(declaration.get(EXACT_OUTPUT)),
                }
            )
        except UNREADABLE as error:
            raise DocumentError(f"jobs[{index}] is not a job of neoctl build: {error!r}") from None
    names = set(REFERENCE.findall(json.dumps(found, ensure_ascii=False)))
    return found, dict.fromkeys(sorted(names), "any")
