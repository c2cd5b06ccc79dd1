"""The properties of ``Custom::NeoCompilationJob``, decoded.

Properties of fleets: ``handler.fleet.properties``. What both are called: ``core.contract``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from reconciler.core import contract
from reconciler.core.contract import MAX_DEADLINE
from reconciler.core.declaration import Declaration
from reconciler.core.deploy_time import DeployTimeError, resolve
from reconciler.core.identity import Owner
from reconciler.core.request import JobRequest
from reconciler.core.retry_policy import RetryPolicy


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

    Raise PropertiesError, or RequestError for a request of a shape that the API does not have.
    """
    document, values = _document(properties), _deploy_time_values(properties)
    revision = values.pop(contract.REVISION_POINTER, document.get(contract.REVISION))
    policy = _policy(document, values.pop(contract.RETRIES_POINTER, None))
    try:
        request = resolve(document.get(contract.REQUEST) or {}, values)
    except DeployTimeError as error:
        raise PropertiesError(f"{contract.LATE_BOUND}: {error}") from None
    request[contract.TAGS] = properties.get(contract.TAGS) or []
    return JobProperties(
        declaration=Declaration(
            owner=owner,
            logical_name=logical_name(properties) or "",
            request=JobRequest.from_wire(request),
            revision=None if revision is None else str(revision),
            exact_output=bool(document.get(contract.EXACT_OUTPUT)),
        ),
        policy=policy,
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


def _deploy_time_values(properties: Mapping[str, object]) -> dict[str, Any]:
    values = properties.get(contract.LATE_BOUND) or {}
    if not isinstance(values, Mapping):
        raise PropertiesError(f"{contract.LATE_BOUND} must be a map of JSON pointers")
    return dict(values)


def _policy(document: Mapping[str, Any], retries: str | int | None) -> RetryPolicy:
    declared: Any = document.get(contract.POLICY) or {}
    try:
        if retries is None:
            retries = declared.get(contract.RETRIES, contract.DEFAULT_RETRIES)
        return RetryPolicy(retries=int(retries))
    except (AttributeError, TypeError, ValueError) as error:
        raise PropertiesError(f"Declaration.policy: {error}") from None
