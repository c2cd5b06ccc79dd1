"""Existing jobs as the maps of a fleet file: models times targets, each with its job's name. Pure.

What DescribeCompilationJob says is turned into what a person would have written. A value is left
in the service's own text wherever another form of it could be read differently.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.core.contract import TAG_PREFIX
from reconciler.core.diff import value_at
from reconciler.core.fields import (
    COMPILER_OPTIONS,
    DATA_INPUT_CONFIG,
    MODEL_PACKAGE,
    NAME,
    S3_URI,
    SETTABLE,
    TAGS,
    TARGET_DEVICE,
    TARGET_PLATFORM,
    nested,
    short_path,
)
from reconciler.core.observed import ObservedJob

_OF_TARGET: Final = (TARGET_DEVICE, TARGET_PLATFORM, COMPILER_OPTIONS)
_SHARED: Final = (
    "RoleArn", "S3OutputLocation", "KmsKeyId", "VpcConfig", "StoppingCondition", "Tags",
)  # fmt: skip
"""What is said once, as a default, if it is the same for all models."""
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME: Final = 56
_LARGEST: Final = 10**15
_AWS_TAGS: Final = "aws:"

Map = dict[str, Any]


@dataclass(slots=True)
class _Model:
    """A model of the fleet, and its targets by name."""

    fields: Map
    targets: dict[str, Map] = field(default_factory=dict)


def fleet_of(jobs: Iterable[ObservedJob], owner: str, region: str) -> Map:
    """Return the fleet file's map whose declarations these jobs satisfy.

    Args:
        jobs: Described, with their tags.
        owner: The owner of the fleet.
        region: The region that the jobs are in.
    """
    models: list[_Model] = []
    for job in jobs:
        fields, target = _parts(job)
        label = _label(target)
        for model in models:
            if model.fields == fields and label not in model.targets:
                model.targets[label] = target
                break
        else:
            models.append(_Model(fields, {label: target}))
    defaults = _shared(models)
    return {
        "apiVersion": "neo-as-code/v1",
        "owner": owner,
        "region": region,
        **({"defaults": defaults} if defaults else {}),
        "models": _by_name(models, defaults),
    }


def _parts(job: ObservedJob) -> tuple[Map, Map]:
    """Return what a job's model says, and what its target says."""
    found = {each.path: value_at(job.described or {}, each.path) for each in SETTABLE}
    if found[MODEL_PACKAGE]:
        found = _without("InputConfig.", found)
    if found[TARGET_DEVICE]:
        found = _without(TARGET_PLATFORM, found)
    tags = {
        key: value
        for key, value in (job.tags or {}).items()
        if not key.startswith((_AWS_TAGS, TAG_PREFIX))
    }
    values = {path: _readable(path, value) for path, value in found.items() if value}
    target = {path: value for path, value in values.items() if path.startswith(_OF_TARGET)}
    model = {path: value for path, value in values.items() if path not in target}
    fields = _nested(model)
    if tags:
        fields[TAGS] = tags
    return fields, {**_nested(target), "existingJob": job.name}


def _without(beginning: str, values: Mapping[str, Any]) -> Map:
    return {path: value for path, value in values.items() if not path.startswith(beginning)}


def _nested(values: Mapping[str, Any]) -> Map:
    return nested((short_path(path), value) for path, value in values.items() if path != NAME)


def _readable(path: str, value: Any) -> Any:  # noqa: ANN401 - any field's value
    """Return a JSON-valued field as a map or list, if it is sure to be read as the same."""
    if path not in (DATA_INPUT_CONFIG, COMPILER_OPTIONS) or not isinstance(value, str):
        return list(value) if isinstance(value, tuple) else value
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return value
    if path == COMPILER_OPTIONS:
        is_plain = isinstance(read, dict) and all(isinstance(each, str) for each in read.values())
    else:
        is_plain = isinstance(read, dict | list) and _has_integers_only(read)
    return read if is_plain and read else value


def _has_integers_only(value: object) -> bool:
    match value:
        case dict():
            return all(_has_integers_only(each) for each in value.values())
        case list():
            return all(_has_integers_only(each) for each in value)
        case bool() | str():
            return True
        case int():
            return abs(value) < _LARGEST
        case _:
            return False


def _label(target: Mapping[str, Any]) -> str:
    platform = target.get("TargetPlatform") or {}
    return str(target.get("TargetDevice") or "_".join(map(str, platform.values())))


def _shared(models: list[_Model]) -> Map:
    """Return the fields that all of several models have in common."""
    if len(models) < 2:
        return {}
    first = models[0].fields
    return {
        key: first[key]
        for key in _SHARED
        if key in first and all(model.fields.get(key) == first[key] for model in models)
    }


def _by_name(models: Iterable[_Model], defaults: Mapping[str, Any]) -> dict[str, Map]:
    named: dict[str, Map] = {}
    for model in models:
        own = {key: value for key, value in model.fields.items() if key not in defaults}
        named[_unused(_name(model.fields), named)] = {**own, "targets": [*model.targets.values()]}
    return named


def _name(fields: Mapping[str, Any]) -> str:
    """Return a model's name: that of its archive, or of its model package."""
    source = str(fields.get(short_path(S3_URI)) or fields.get(MODEL_PACKAGE) or "")
    last = source.rstrip("/").rpartition("/")[2].removesuffix(".tar.gz").removesuffix(".tgz")
    return _NOT_IN_NAMES.sub("-", last).strip("._-")[:_LONGEST_NAME] or "model"


def _unused(name: str, taken: Mapping[str, object]) -> str:
    number = 2
    unused = name
    while unused in taken:
        unused, number = f"{name}-{number}", number + 1
    return unused
