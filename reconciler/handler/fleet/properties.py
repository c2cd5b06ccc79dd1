"""The properties of ``Custom::NeoCompilationFleet``, decoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from reconciler.core import contract
from reconciler.core.canonical import UNREADABLE, canonical_json
from reconciler.core.contract import OnFailure, Verify
from reconciler.core.fleet.document import digest_of
from reconciler.core.fleet.generation import FleetSettings
from reconciler.core.identity import Owner, OwnerError
from reconciler.handler.cfn.properties import (
    PropertiesError,
    deadline,
    destroys_records,
    output_bucket_owner,
    read_retries,
    read_verify,
)


@dataclass(frozen=True, slots=True)
class FleetProperties:
    """What the properties of one request ask for.

    Attributes:
        document: Bucket, key and SHA-256 of the compiled document.
        variables: Values for what it leaves open.
        bucket: Where the state is; ``folder`` begins its keys.
        state_owner: The account that the bucket must belong to: the stack's unless declared.
        output_owner: The account that the output buckets must belong to, if declared.
        wait: Whether success means COMPLETED, or only accepted.
        continues: Whether a schedule continues after the deadline.
        upload: Bucket, key and account of specs that are uploaded, which come before the document.
        destroy: Whether finished records are deleted with the resource.
    """

    owner: Owner
    document: tuple[str, str, str]
    variables: Mapping[str, object]
    settings: FleetSettings
    bucket: str
    folder: str
    state_owner: str
    output_owner: str | None
    wait: bool
    continues: bool
    destroy: bool
    deadline: timedelta
    upload: tuple[str, str, str] | None = None

    @property
    def source(self) -> str:
        """A digest of what the resolved document is made from."""
        return digest_of(canonical_json([self.document[2], dict(self.variables)]))

    @property
    def declared(self) -> str:
        """A digest of what is declared, but for values that only a deployment knows."""
        settings = self.settings
        return digest_of(
            canonical_json(
                [
                    self.document[2], settings.retries, settings.on_failure.value, settings.prune,
                    [list(tag) for tag in settings.tags],
                    *([] if settings.verify is Verify.OFF else [settings.verify.value]),
                ]
            )
        )  # fmt: skip


def decode_fleet(properties: Mapping[str, object], stack_id: str) -> FleetProperties:
    """Read the properties of one request. Raises PropertiesError."""
    owner = fleet_owner(properties, stack_id)
    document, state = _map(properties, contract.DOCUMENT), _map(properties, contract.STATE)
    variables = properties.get(contract.VARIABLES) or {}
    account = contract.stack_account(stack_id)
    if not isinstance(variables, Mapping):
        raise PropertiesError("Variables must be a map")
    return FleetProperties(
        owner=owner,
        document=(*_object(document), _text(document, contract.DIGEST)),
        variables=dict(variables),
        settings=_settings(properties),
        bucket=_text(state, contract.BUCKET),
        folder=contract.state_folder(state.get(contract.PREFIX) or "", owner.name),
        state_owner=state.get(contract.BUCKET_OWNER) or account,
        output_owner=output_bucket_owner(properties),
        wait=contract.read_flag(properties, contract.WAIT, default=True),
        continues=contract.read_flag(properties, contract.CONTINUES),
        destroy=destroys_records(properties),
        deadline=deadline(properties),
        upload=_upload(properties, account),
    )


def fleet_owner(properties: Mapping[str, object], stack_id: str) -> Owner:
    """Return the owner: ``f``, 8 characters of the stack id's GUID, and the construct's suffix."""
    try:
        guid = Owner.of_stack(stack_id).name.removeprefix(contract.STACK_OWNER_PREFIX)
        suffix = properties.get(contract.OWNER_SUFFIX) or ""
        return Owner(f"{contract.FLEET_OWNER_PREFIX}{guid}{suffix}")
    except OwnerError as error:
        raise PropertiesError(f"{contract.OWNER_SUFFIX}: {error}") from None


def _settings(properties: Mapping[str, object]) -> FleetSettings:
    tags: Any = properties.get(contract.TAGS) or []
    try:
        return FleetSettings(
            retries=read_retries(properties.get(contract.FLEET_RETRIES) or 0),
            on_failure=OnFailure(str(properties.get(contract.ON_FAILURE) or OnFailure.FAIL)),
            prune=contract.read_flag(properties, contract.PRUNE),
            verify=read_verify(properties),
            tags=tuple((str(tag["Key"]), str(tag["Value"])) for tag in tags),
        )
    except UNREADABLE as error:
        raise PropertiesError(f"the fleet's settings: {error}") from None


def _upload(properties: Mapping[str, object], account: str) -> tuple[str, str, str] | None:
    if not properties.get(contract.UPLOAD):
        return None
    return (*_object(_map(properties, contract.UPLOAD)), account)


def _object(place: Mapping[str, Any]) -> tuple[str, str]:
    return _text(place, contract.BUCKET), _text(place, contract.KEY)


def _map(properties: Mapping[str, object], name: str) -> Mapping[str, Any]:
    value = properties.get(name)
    if not isinstance(value, Mapping):
        raise PropertiesError(f"{name} must be a map")
    return value


def _text(node: Mapping[str, Any], name: str) -> str:
    value = node.get(name)
    if not isinstance(value, str) or not value:
        raise PropertiesError(f"{name} must be text, got {value!r}")
    return value
