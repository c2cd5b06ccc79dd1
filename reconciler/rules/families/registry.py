"""All rules about requests, by code: for the command line, its reports and its pages."""

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
    option_values,
    organisation_policy,
    settings,
    storage,
    target,
)

FAMILIES: Final = (
    api_model,
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
    {rule.code: rule for family in FAMILIES for rule in family.RULES}
)
"""The rules about requests. Files and models have rules of their own."""
