"""All rules by code: for the command line, its reports and its pages."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconciler.rules.families import (
    api_model,
    compiler_options,
    coreml,
    cross_job,
    data_input_config,
    image_layout,
    nulls,
    option_values,
    organisation_policy,
    settings,
    storage,
    target,
)
from reconciler.rules.rule import Rule, error

FIELD_RULES: Final = (
    error(api_model.REQUIRED, "Required fields are there"),
    error(api_model.UNKNOWN, "Fields are the API's"),
    error(api_model.TYPE, "Values have the API's types"),
    error(api_model.ENUM, "Values are of the API's enumerations"),
    error(api_model.PATTERN, "Texts have the form that the API takes"),
    error(api_model.LENGTH, "Texts and lists have the API's lengths"),
    error(api_model.RANGE, "Numbers are in the API's ranges"),
    error(api_model.SOURCE, "Either InputConfig or ModelPackageVersionArn"),
    error(api_model.TARGET, "Either TargetDevice or TargetPlatform"),
)

_MODULES: Final = (
    nulls,
    target,
    data_input_config,
    image_layout,
    coreml,
    compiler_options,
    option_values,
    storage,
    settings,
    cross_job,
    organisation_policy,
)

REQUEST_RULES: Final = MappingProxyType(
    {
        rule.code: rule
        for rules in (FIELD_RULES, *(module.RULES for module in _MODULES))
        for rule in rules
    }
)
"""The rules about requests. Files have rules of their own (``reconciler.specs.codes``)."""


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
