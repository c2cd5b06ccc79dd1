"""The declaration in a custom resource's properties, as the Lambda will read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.cli.app.intrinsics import is_unknown
from reconciler.core import contract
from reconciler.core.declaration import Declaration
from reconciler.core.fields import Kind, Role, paths
from reconciler.core.identity import Owner
from reconciler.handler.job.properties import decode

_REVISION: Final = "revision"
_DECISIVE: Final = frozenset({*paths(role=Role.FINGERPRINT), _REVISION})
_TEXTS: Final = frozenset(paths(kind=Kind.TEXTS))
_SECONDS: Final = frozenset(paths(kind=Kind.SECONDS))


@dataclass(frozen=True, slots=True)
class TemplateJob:
    """A job that a template declares.

    Attributes:
        declaration: What it declares; values that are not known yet stand in it as Unknown text,
            or are left out.
        unknown: What decides the job's name and is known after the deployment only, by path.
        values: The same values, by pointer.
        bucket_owner: The account that must own the output bucket, if declared.
    """

    declaration: Declaration
    unknown: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    bucket_owner: str | None = None


def template_job(properties: Mapping[str, Any], owner: Owner) -> TemplateJob:
    """Read a job's properties. Raises PropertiesError, RequestError."""
    values: Mapping[str, Any] = properties.get(contract.LATE_BOUND) or {}
    unknown = [at for at, value in values.items() if is_unknown(value)]
    kept = {at: value for at, value in values.items() if at not in unknown}
    kept |= {at: _stand_in(at, values[at]) for at in unknown if _can_stand_in(at)}
    decoded = decode({**properties, contract.LATE_BOUND: kept}, owner)
    decisive = {at: values[at] for at in unknown if _path(at) in _DECISIVE}
    paths_of = tuple(sorted({*map(_path, decisive)}))
    return TemplateJob(decoded.declaration, paths_of, decisive, decoded.bucket_owner)


def _path(at: str) -> str:
    """Return the path of the field that a pointer of LateBound leads to."""
    if at == contract.REVISION_POINTER:
        return _REVISION
    return at.partition("#")[0].lstrip("/").replace("/", ".")


def _can_stand_in(at: str) -> bool:
    """Return whether a text may stand where a pointer leads; not for members of JSON, numbers."""
    if at == contract.RETRIES_POINTER or _path(at) in _SECONDS:
        return False
    return at == contract.REVISION_POINTER or "#" not in at


def _stand_in(at: str, value: object) -> object:
    if _path(at) in _TEXTS:
        return list(map(str, value)) if isinstance(value, list) else [str(value)]
    return str(value)
