"""The properties that jobs and fleets have in common, decoded. Their names: ``core.contract``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from reconciler.core import contract
from reconciler.core.contract import MAX_DEADLINE, MAX_RETRIES, Verify


class PropertiesError(ValueError):
    """The properties are not what the constructs write; the message says where."""


def destroys_records(properties: Mapping[str, object]) -> bool:
    """Return whether finished records are deleted with the resource."""
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


def read_retries(value: object) -> int:
    """Return how many further attempts one operation may make. Raises PropertiesError."""
    try:
        retries = int(str(value))
    except ValueError:
        retries = -1
    if not 0 <= retries <= MAX_RETRIES:
        raise PropertiesError(f"retries must be 0 to {MAX_RETRIES}, got {str(value)[:100]!r}")
    return retries


def read_verify(properties: Mapping[str, object]) -> Verify:
    """Return what an unverified artifact means. Raises PropertiesError."""
    value = properties.get(contract.VERIFY) or Verify.OFF
    try:
        return Verify(str(value))
    except ValueError:
        allowed = ", ".join(Verify)
        raise PropertiesError(
            f"{contract.VERIFY} must be one of {allowed}, got {str(value)[:100]!r}"
        ) from None
