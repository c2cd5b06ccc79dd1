"""A fleet's document: every declared job in one canonical JSON text, some values still open.

    {"schema": 1, "variables": {"role": "text"}, "jobs": [
        {"logicalName": "…", "request": {…}, "revision": null, "exactOutput": false}]}

``request`` is a CreateCompilationJob request without name. Where a value is known only when the
stack is deployed, its text holds ``${var.name}``, and ``variables`` says of what kind it will be:

* ``text``: put in as text;
* ``number``: a number, also inside DataInputConfig and CompilerOptions;
* ``list``: the whole value is a list;
* ``any``: as it comes; inside a JSON-valued field a number if it reads as one.

Only declared names are replaced; anything else that looks like a reference is left as it is.

What ``neoctl build`` writes is read too: jobs with a ``Declaration``, ``LateBound`` and ``Tags``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.core.contract import DECLARATION, DOCUMENT_SCHEMA, LATE_BOUND, MAX_JOBS
from reconciler.core.declaration import Declaration
from reconciler.core.fleet_values import REFERENCE, OpenValues
from reconciler.core.identity import Owner
from reconciler.core.request import JobRequest, RequestError

KINDS: Final = ("any", "list", "number", "text")
_JOB_KEYS: Final = frozenset({"logicalName", "request", "revision", "exactOutput"})


class DocumentError(ValueError):
    """A fleet's document, or a value for one of its variables, cannot be read; says where."""


@dataclass(frozen=True, slots=True)
class FleetDocument:
    """The jobs of a fleet.

    Attributes:
        jobs: As in the text, in its order.
        variables: The kind of every value that is still open, by name.
    """

    jobs: tuple[dict[str, Any], ...]
    variables: Mapping[str, str]

    @staticmethod
    def parse(text: str | bytes) -> FleetDocument:
        """Read a document's text. Raises DocumentError."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DocumentError(f"the fleet's document is not JSON: {error}") from None
        if not isinstance(value, dict) or value.get("schema") != DOCUMENT_SCHEMA:
            raise DocumentError(
                f"the fleet's document must be an object with schema {DOCUMENT_SCHEMA}"
            )
        jobs, variables = value.get("jobs"), value.get("variables", {})
        if not isinstance(jobs, list) or not isinstance(variables, dict):
            raise DocumentError("the fleet's document must have a list of jobs")
        if any(isinstance(job, dict) and DECLARATION in job for job in jobs):
            return FleetDocument.of(*_of_bundle(jobs))
        return FleetDocument.of(jobs, variables)

    @staticmethod
    def of(jobs: Sequence[dict[str, Any]], variables: Mapping[str, str]) -> FleetDocument:
        """A document of these jobs. Raises DocumentError for what is no job."""
        if len(jobs) > MAX_JOBS:
            raise DocumentError(f"{len(jobs)} jobs: at most {MAX_JOBS} are allowed in one fleet")
        for index, job in enumerate(jobs):
            if not isinstance(job, dict) or not isinstance(job.get("request"), dict):
                raise DocumentError(f"jobs[{index}] must be an object with a request")
            if not isinstance(job.get("logicalName"), str) or not job["logicalName"]:
                raise DocumentError(f"jobs[{index}].logicalName must be a text")
            if unknown := sorted(set(job) - _JOB_KEYS):
                raise DocumentError(f"jobs[{index}] has the unknown key {unknown[0]!r}")
        for name, kind in variables.items():
            if kind not in KINDS:
                raise DocumentError(f"variables.{name} is {kind!r}; {', '.join(KINDS)} are allowed")
        return FleetDocument(tuple(jobs), dict(variables))

    def text(self) -> str:
        """The canonical text: the same jobs in the same order give the same bytes.

        Raises DocumentError for what JSON cannot hold.
        """
        whole = {
            "schema": DOCUMENT_SCHEMA,
            "variables": dict(self.variables),
            "jobs": list(self.jobs),
        }
        try:
            return json.dumps(
                whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
            )
        except (TypeError, ValueError, RecursionError) as error:
            raise DocumentError(f"the fleet's document: {error}") from None

    def resolved(self, values: Mapping[str, object]) -> FleetDocument:
        """The document with every open value put in.

        Raises DocumentError for a variable without a value or with one of the wrong kind.
        """
        if not self.variables:
            return self
        if missing := sorted(set(self.variables) - set(values)):
            raise DocumentError(f"the variable {missing[0]!r} of the fleet has no value")
        put = OpenValues({name: values[name] for name in self.variables}, self.variables)
        try:
            return FleetDocument(tuple(put.job(job) for job in self.jobs), {})
        except ValueError as error:
            raise DocumentError(str(error)) from None

    def declarations(
        self, owner: Owner, tags: Sequence[tuple[str, str]] = ()
    ) -> tuple[Declaration, ...]:
        """What the reconciler works with.

        Args:
            owner: Whose the jobs are.
            tags: Tags for every job; a job's own come before them.

        Raises DocumentError, with the job's name, for a request that the API does not have.
        """
        return tuple(_declaration(job, owner, tags) for job in self.jobs)


def _declaration(
    job: Mapping[str, Any], owner: Owner, tags: Sequence[tuple[str, str]]
) -> Declaration:
    name, request = job["logicalName"], job["request"]
    try:
        own = request.get("Tags") or []
        merged = {**dict(tags), **{tag["Key"]: tag["Value"] for tag in own}}
        pairs = [{"Key": key, "Value": value} for key, value in merged.items()]
        revision = job.get("revision")
        return Declaration(
            owner=owner,
            logical_name=name,
            request=JobRequest.from_wire({**request, "Tags": pairs}),
            revision=None if revision is None else str(revision),
            exact_output=bool(job.get("exactOutput")),
        )
    except (RequestError, KeyError, TypeError, ValueError) as error:
        raise DocumentError(f"job {name!r}: {error}") from None


def _of_bundle(jobs: Sequence[Any]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The jobs of ``neoctl build``'s bundle, and the variables that they leave open."""
    found: list[dict[str, Any]] = []
    for index, job in enumerate(jobs):
        try:
            declaration = json.loads(job[DECLARATION])
            request = {**declaration["request"], "Tags": job.get("Tags") or []}
            for pointer, value in (job.get(LATE_BOUND) or {}).items():
                _put(request, pointer, value)
            found.append(
                {
                    "logicalName": declaration["logicalName"],
                    "request": request,
                    "revision": declaration.get("revision"),
                    "exactOutput": bool(declaration.get("exactOutput")),
                }
            )
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise DocumentError(f"jobs[{index}] is none of neoctl build: {error!r}") from None
    names = set(REFERENCE.findall(json.dumps(found, ensure_ascii=False)))
    return found, dict.fromkeys(sorted(names), "any")


def _put(request: dict[str, Any], pointer: str, value: object) -> None:
    """Put an open value back to where a JSON pointer says, inside a JSON text after a ``#``."""
    outer, _, inner = pointer.partition("#")
    *above, last = _steps(outer)
    node: Any = request
    for step in above:
        node = node.setdefault(step, {})
    if not inner:
        node[last] = value
        return
    document = holder = json.loads(node[last])
    *above, deepest = _steps(inner)
    for step in above:
        holder = holder[int(step) if isinstance(holder, list) else step]
    holder[int(deepest) if isinstance(holder, list) else deepest] = value
    node[last] = json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
