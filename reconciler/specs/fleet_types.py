"""A fleet file's maps, as they are once their form has been checked: the keys of our own."""

from __future__ import annotations

from typing import Any, TypedDict


class SuppressionMap(TypedDict):
    """A rule that is not to be reported, and why."""

    code: str
    reason: str


class DeviceMap(TypedDict, total=False):
    """What is installed on the device that an artifact is verified for."""

    glibc: str | None
    libstdcxx: str | None
    runtime: str | None
    jetpack: str | None
    libraries: list[str] | None


class JobFields(TypedDict, total=False):
    """What a job can say, beside the request's fields (core.fields), which are read by name."""

    revision: str | None
    exactOutput: bool | None
    device: DeviceMap | None


class OverrideMap(JobFields, total=False):
    """What is different for one target of a model."""

    suppress: list[SuppressionMap]
    existingJob: str | None


class TargetMap(OverrideMap, total=False):
    """A target, with what is different for it."""

    name: str | None


class ModelMap(JobFields, total=False):
    """A model to compile, and for which targets."""

    suppress: list[SuppressionMap]
    targets: dict[str, TargetMap] | list[str | TargetMap] | None
    exclude: list[str]
    overrides: dict[str, OverrideMap]


class Variable(TypedDict, total=False):
    """A value that comes from outside the file."""

    default: Any
    description: str | None
    late: bool


class _Required(TypedDict):
    apiVersion: str
    owner: str
    models: dict[str, ModelMap]


class FleetMap(_Required, total=False):
    """A fleet of compilation jobs: models times targets."""

    region: str | None
    account: str | None
    assumeRole: str | None
    variables: dict[str, Variable]
    defaults: JobFields
    targets: dict[str, TargetMap] | list[str | TargetMap] | None
    suppress: list[SuppressionMap]
