"""What specs need of an account: roles, buckets, models, keys, subnets, targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.core.declaration import Declaration
from reconciler.core.fields import KMS_KEY, S3_URI, SUBNETS, TARGET_DEVICE


@dataclass(frozen=True, slots=True)
class Needs:
    """What jobs name, each once, in order.

    Attributes:
        models: s3:// URIs of models.
        buckets: Those of models and of outputs.
    """

    roles: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


def needs_of(declarations: Iterable[Declaration]) -> Needs:
    """Return what declared jobs need."""
    requests = [each.request for each in declarations]
    models = _sorted(request.text(S3_URI) for request in requests)
    outputs = [request.output_location for request in requests]
    return Needs(
        roles=_sorted(request.role_arn for request in requests),
        models=models,
        buckets=_sorted(uri.removeprefix("s3://").partition("/")[0] for uri in (*models, *outputs)),
        keys=_sorted(request.text(KMS_KEY) for request in requests),
        subnets=_sorted(
            subnet for request in requests for subnet in _texts(request.values.get(SUBNETS))
        ),
        devices=_sorted(request.text(TARGET_DEVICE) for request in requests),
    )


def _sorted(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({text for text in texts if text}))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, tuple) else ()
