"""All rules by code: for the command line, its reports and its pages."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconciler.rules import (
    between,
    coreml,
    fields,
    inputs,
    nulls,
    options,
    policy_check,
    settings,
    storage,
    targets,
)
from reconciler.rules.rule import Rule, error

FIELD_RULES: Final = (
    error(fields.REQUIRED, "Required fields are there"),
    error(fields.UNKNOWN, "Fields are the API's"),
    error(fields.TYPE, "Values have the API's types"),
    error(fields.ENUM, "Values are of the API's enumerations"),
    error(fields.PATTERN, "Texts have the form that the API takes"),
    error(fields.LENGTH, "Texts and lists have the API's lengths"),
    error(fields.RANGE, "Numbers are in the API's ranges"),
    error(fields.SOURCE, "Either InputConfig or ModelPackageVersionArn"),
    error(fields.TARGET, "Either TargetDevice or TargetPlatform"),
)

_MODULES: Final = (
    nulls,
    targets,
    inputs,
    coreml,
    options,
    storage,
    settings,
    between,
    policy_check,
)

REQUEST_RULES: Final = MappingProxyType(
    {
        rule.code: rule
        for rules in (FIELD_RULES, *(module.RULES for module in _MODULES))
        for rule in rules
    }
)
"""The rules about requests. Files have rules of their own (``reconciler.spec.codes``)."""


def group_of(rule: Rule) -> str:
    """What a rule's hundred is about."""
    return _GROUPS.get(rule.code[:4], "Other")


_GROUPS: Final = {
    "NEO0": "Files",
    "NEO1": "The API's model",
    "NEO2": "Target, framework and version",
    "NEO3": "DataInputConfig",
    "NEO4": "CompilerOptions",
    "NEO5": "Storage and settings",
    "NEO6": "Between jobs",
    "NEO7": "Policy",
    "NEO8": "Model archives",
}
