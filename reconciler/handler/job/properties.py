"""The custom resource's properties, decoded: the declaration with its late values merged.

The declaration travels as one literal JSON string, since CloudFormation turns numbers and
booleans of properties into strings. Values that were unknown when the template was made travel
beside it, as plain properties, each under a JSON pointer into the request:

* ``/OutputConfig/KmsKeyId``: that field;
* ``/InputConfig/DataInputConfig#/data/0``: inside the JSON text of that field;
* ``#revision``: the declared revision of the model.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from reconciler.core import contract
from reconciler.core.contract import MAX_DEADLINE
from reconciler.core.declaration import Declaration
from reconciler.core.identity import Owner
from reconciler.core.request import JobRequest
from reconciler.core.retry_policy import RetryPolicy
from reconciler.rules import api


class PropertiesError(ValueError):
    """The properties are not what the constructs write; the message says where."""


@dataclass(frozen=True, slots=True)
class JobProperties:
    """What the properties of one request ask for.

    Attributes:
        wait: Whether success means COMPLETED, or only accepted.
        destroy: Whether finished records are deleted with the resource.
        deadline: How long an operation may take; at most 55 minutes.
        bucket_owner: The account that must own the output bucket, if declared.
    """

    declaration: Declaration
    policy: RetryPolicy
    wait: bool
    destroy: bool
    deadline: timedelta
    bucket_owner: str | None


def decode(properties: Mapping[str, object], owner: Owner) -> JobProperties:
    """Read the properties of one request.

    Raises PropertiesError, or RequestError for a request of a shape that the API does not have.
    """
    document = _document(properties)
    request: dict[str, Any] = document.get(contract.REQUEST) or {}
    revision = document.get(contract.REVISION)
    late = _late_bound(properties)
    for pointer, value in sorted(late.items()):
        if pointer == contract.REVISION_POINTER:
            revision = str(value)
        elif pointer != contract.RETRIES_POINTER:
            _merge(request, pointer, value)
    request[contract.TAGS] = properties.get(contract.TAGS) or []
    return JobProperties(
        declaration=Declaration(
            owner=owner,
            logical_name=logical_name(properties) or "",
            request=JobRequest.from_wire(request),
            revision=revision,
            exact_output=bool(document.get(contract.EXACT_OUTPUT)),
        ),
        policy=_policy(document, late),
        wait=contract.read_flag(properties, contract.WAIT, default=True),
        destroy=destroys_records(properties),
        deadline=deadline(properties),
        bucket_owner=output_bucket_owner(properties),
    )


def logical_name(properties: Mapping[str, object]) -> str | None:
    """Return the declared logical name, or None if the properties do not tell."""
    try:
        name = _document(properties).get(contract.LOGICAL_NAME)
    except PropertiesError:
        return None
    return name if isinstance(name, str) else None


def destroys_records(properties: Mapping[str, object]) -> bool:
    """Whether finished records are deleted with the resource."""
    return properties.get(contract.REMOVAL_POLICY) == contract.DESTROY


def output_bucket_owner(properties: Mapping[str, object]) -> str | None:
    """Return the account that the output bucket must belong to, if it is declared."""
    owner = properties.get(contract.OUTPUT_BUCKET_OWNER)
    return str(owner) if owner else None


def deadline(properties: Mapping[str, object]) -> timedelta:
    """Return how long an operation may take; by default as long as CloudFormation's hour allows."""
    try:
        seconds = int(str(properties.get(contract.DEADLINE_SECONDS) or ""))
    except ValueError:
        return MAX_DEADLINE
    return min(timedelta(seconds=max(seconds, 1)), MAX_DEADLINE)


def _document(properties: Mapping[str, object]) -> dict[str, Any]:
    text = properties.get(contract.DECLARATION)
    try:
        document = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError) as error:
        raise PropertiesError(f"Declaration is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise PropertiesError("Declaration must be the JSON text of an object")
    if document.get(contract.SCHEMA) != contract.DECLARATION_SCHEMA:
        raise PropertiesError(
            f"Declaration has schema {document.get(contract.SCHEMA)!r}; this version reads "
            f"{contract.DECLARATION_SCHEMA}"
        )
    if not isinstance(document.get(contract.REQUEST) or {}, dict):
        raise PropertiesError("Declaration.request must be an object")
    return document


def _late_bound(properties: Mapping[str, object]) -> Mapping[str, Any]:
    late = properties.get(contract.LATE_BOUND) or {}
    if not isinstance(late, Mapping):
        raise PropertiesError("LateBound must be a map of JSON pointers")
    return late


def _policy(document: Mapping[str, Any], late: Mapping[str, Any]) -> RetryPolicy:
    declared: Any = document.get(contract.POLICY) or {}
    try:
        retries: Any = declared.get(contract.RETRIES, contract.DEFAULT_RETRIES)
        return RetryPolicy(retries=int(late.get(contract.RETRIES_POINTER, retries)))
    except (AttributeError, TypeError, ValueError) as error:
        raise PropertiesError(f"Declaration.policy: {error}") from None


def _merge(request: dict[str, Any], pointer: str, value: object) -> None:
    outer, _, inner = pointer.partition("#")
    names = _steps(outer, pointer)
    shape = api.request_shape()
    node = request
    for name in names[:-1]:
        shape = _member(shape, name, pointer)
        node = node.setdefault(name, {})
        if not isinstance(node, dict):
            raise PropertiesError(f"LateBound {pointer!r} points into a value that is no object")
    shape = _member(shape, names[-1], pointer)
    if inner:
        node[names[-1]] = _merged_json(node.get(names[-1]), inner, value, pointer)
    else:
        node[names[-1]] = _coerced(value, shape, pointer)


def _merged_json(text: object, inner: str, value: object, pointer: str) -> str:
    """The JSON text of a field with one value inside replaced.

    A number stands there as a placeholder where a number belongs.
    """
    try:
        document = json.loads(text) if isinstance(text, str) else None
        holder: Any = None
        key: Any = None
        node = document
        for step in _steps(inner, pointer):
            holder, key = node, int(step) if isinstance(node, list) else step
            node = holder[key]
        is_number = isinstance(node, int | float) and not isinstance(node, bool)
        holder[key] = _number(value) if is_number else value
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        raise PropertiesError(
            f"LateBound {pointer!r} = {str(value)[:100]!r} does not fit the field's JSON"
        ) from None
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _number(value: object) -> int | float:
    text = str(value)
    number = int(text) if text.lstrip("+-").isdigit() else float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no JSON number")
    return number


def _coerced(value: object, shape: Mapping[str, Any], pointer: str) -> object:
    if shape["type"] != "integer":
        return value
    try:
        return int(str(value))
    except ValueError:
        raise PropertiesError(
            f"LateBound {pointer!r} = {str(value)[:100]!r}: a whole number is needed"
        ) from None


def _steps(pointer: str, whole: str) -> list[str]:
    if not pointer.startswith("/"):
        raise PropertiesError(f"LateBound {whole!r} is no JSON pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]


def _member(shape: Mapping[str, Any], name: str, pointer: str) -> dict[str, Any]:
    member = shape.get("members", {}).get(name)
    if member is None:
        raise PropertiesError(f"LateBound {pointer!r}: the API has no field {name!r} there")
    return api.shape(member)
