"""The properties of ``Custom::NeoCompilationJob``, decoded.

Properties of fleets: ``handler.fleet.properties``. What both are called: ``core.contract``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core import contract
from reconciler.core.contract import Verify
from reconciler.core.declaration import Declaration
from reconciler.core.deploy_time import DeployTimeError, resolve
from reconciler.core.identity import Owner
from reconciler.handler.cfn.properties import (
    PropertiesError,
    output_bucket_owner,
    read_retries,
    read_verify,
)


@dataclass(frozen=True, slots=True)
class JobProperties:
    """What the properties of one request ask for.

    Attributes:
        retries: Further attempts of a job that fails because of a service error.
        wait: Whether success means COMPLETED, or only accepted.
        bucket_owner: The account that must own the output bucket, if declared.
        verify: What an artifact that is not what was ordered means.
    """

    declaration: Declaration
    retries: int
    wait: bool
    bucket_owner: str | None
    verify: Verify = Verify.OFF


def decode(properties: Mapping[str, object], owner: Owner) -> JobProperties:
    """Read the properties of one request.

    Raises PropertiesError, or RequestError for a request of a shape that the API does not have.
    """
    document, values = _document(properties), _deploy_time_values(properties)
    if contract.REVISION_POINTER in values:
        document[contract.REVISION] = values.pop(contract.REVISION_POINTER)
    retries = _retries(document, values.pop(contract.RETRIES_POINTER, None))
    try:
        request = resolve(document.get(contract.REQUEST) or {}, values)
    except DeployTimeError as error:
        raise PropertiesError(f"{contract.LATE_BOUND}: {error}") from None
    request[contract.TAGS] = properties.get(contract.TAGS) or []
    return JobProperties(
        declaration=Declaration.read(owner, document, request),
        retries=retries,
        wait=contract.read_flag(properties, contract.WAIT, default=True),
        bucket_owner=output_bucket_owner(properties),
        verify=read_verify(properties),
    )


def logical_name(properties: Mapping[str, object]) -> str | None:
    """Return the declared logical name, or None if the properties do not tell."""
    try:
        name = _document(properties).get(contract.LOGICAL_NAME)
    except PropertiesError:
        return None
    return name if isinstance(name, str) else None


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


def _retries(document: Mapping[str, Any], deploy_time: object) -> int:
    declared = document.get(contract.POLICY) or {}
    if not isinstance(declared, Mapping):
        raise PropertiesError("Declaration.policy must be an object")
    default = declared.get(contract.RETRIES, contract.DEFAULT_RETRIES)
    return read_retries(default if deploy_time is None else deploy_time)
