"""What an organisation demands of every job, and IAM cannot: NEO701 to NEO712.

CreateCompilationJob has no condition keys for VPC or KMS (service authorization reference), so
the only guardrails are here. A policy is a JSON object kept outside the repository that holds
the specs. ``neoctl validate --policy`` and synthesis are advisory: a user can leave them out. The
Lambda enforces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from reconciler.rules.finding import quoted
from reconciler.rules.s3_uri import S3Location, s3_location
from reconciler.rules.suggestion import did_you_mean


class PolicyError(ValueError):
    """A policy is not well formed. ``problems`` are (JSON pointer, message) pairs, all of them."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{at or '/'}: {message}" for at, message in problems))


_NO_TAGS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class OrganisationPolicy:
    """Demands on every job. An empty allow-list (None) allows everything.

    Attributes:
        require_kms_key: Every job names a KMS key.
        require_vpc: Every job runs in a VPC.
        input_prefixes: ``s3://bucket/prefix/`` below which models lie. Keys are compared as S3
            does, literally, and only plain ones are below a prefix.
        output_prefixes: Below which artifacts go.
        model_packages: ARNs of model package versions, ``*`` as in ``roles``. Without the list,
            ``input_prefixes`` allow no model package: what it holds may lie anywhere.
        roles: Role ARNs; ``*`` stands for any characters but ``/`` and ``:``.
        kms_keys: Key ids, ARNs or aliases, exactly as requests name them; ``*`` as above.
        subnets: Ids.
        security_groups: Ids.
        devices: Values of TargetDevice.
        platforms: ``OS/ARCH`` or ``OS/ARCH/ACCELERATOR``.
        regions: Where jobs may run.
        required_tags: Keys that every job has, with the values allowed (empty: any).
        max_runtime_seconds: The highest MaxRuntimeInSeconds; a job without one violates it.
        max_wait_time_seconds: The highest MaxWaitTimeInSeconds.
    """

    require_kms_key: bool = False
    require_vpc: bool = False
    input_prefixes: tuple[S3Location, ...] | None = None
    output_prefixes: tuple[S3Location, ...] | None = None
    model_packages: tuple[str, ...] | None = None
    roles: tuple[str, ...] | None = None
    kms_keys: tuple[str, ...] | None = None
    subnets: tuple[str, ...] | None = None
    security_groups: tuple[str, ...] | None = None
    devices: tuple[str, ...] | None = None
    platforms: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    required_tags: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NO_TAGS)
    max_runtime_seconds: int | None = None
    max_wait_time_seconds: int | None = None

    @staticmethod
    def from_mapping(data: object) -> OrganisationPolicy:
        """Read a policy's JSON value, its keys in camel case (``requireKmsKey``).

        Raises PolicyError that names every unknown key and every value of a wrong type.
        """
        if not isinstance(data, Mapping):
            raise PolicyError((("", f"a policy must be a map, got {quoted(data)}"),))
        problems: list[tuple[str, str]] = []
        values: dict[str, Any] = {}
        for key, value in data.items():
            reader = _READERS.get(key) if isinstance(key, str) else None
            if reader is None:
                hint = did_you_mean(str(key), _READERS)
                problems.append((f"/{key}", f"unknown key. {hint}".rstrip(" .")))
                continue
            try:
                values[_attribute(key)] = reader(value)
            except ValueError as wrong:
                problems.append((f"/{key}", f"{wrong}, got {quoted(value)}"))
        if problems:
            raise PolicyError(tuple(problems))
        return OrganisationPolicy(**values)


def _attribute(key: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in key)


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _seconds(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("must be an integer >= 1")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise ValueError("must be a list of strings")
    return tuple(value)


def _prefixes(value: object) -> tuple[S3Location, ...]:
    found = [s3_location(uri) for uri in _texts(value)]
    if not all(location and location.is_plain for location in found):
        raise ValueError("must be a list of s3://bucket/prefix URIs with plain keys")
    return tuple(location for location in found if location is not None)


def _tags(value: object) -> Mapping[str, tuple[str, ...]]:
    if isinstance(value, (list, tuple)):
        return MappingProxyType({key: () for key in _texts(value)})
    if not isinstance(value, Mapping):
        raise ValueError("must be a list of keys, or a map of keys to lists of values")
    return MappingProxyType({str(key): _texts(item) for key, item in value.items()})


_READERS: Final[Mapping[str, Callable[[object], object]]] = MappingProxyType(
    {
        "requireKmsKey": _bool,
        "requireVpc": _bool,
        "inputPrefixes": _prefixes,
        "outputPrefixes": _prefixes,
        "modelPackages": _texts,
        "roles": _texts,
        "kmsKeys": _texts,
        "subnets": _texts,
        "securityGroups": _texts,
        "devices": _texts,
        "platforms": _texts,
        "regions": _texts,
        "requiredTags": _tags,
        "maxRuntimeSeconds": _seconds,
        "maxWaitTimeSeconds": _seconds,
    }
)


def policy_keys() -> Iterator[str]:
    """Yield the keys of a policy, as they are written."""
    yield from _READERS
