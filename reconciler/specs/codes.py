"""NEO001 to NEO029: what is wrong with a file, before a request can be judged."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconciler.rules.rule import error, info, warning

UNREADABLE: Final = error("NEO001", "A spec file can be read")
NOT_UTF8: Final = error("NEO002", "A spec file is UTF-8 text")
TOO_LARGE: Final = error("NEO003", "A spec file is of a sane size")
SYNTAX: Final = error("NEO004", "YAML and JSON are well formed")
DUPLICATE_KEY: Final = error("NEO005", "A key is given once")
ALIAS: Final = error("NEO006", "YAML has no anchors and aliases")
TAG: Final = error("NEO007", "YAML has no tags")
TOO_DEEP: Final = error("NEO008", "A document is not nested too deeply")
NOT_A_KEY: Final = error("NEO009", "Keys are plain text")
NO_SPEC: Final = error("NEO010", "A document is a fleet, a request or a list of requests")
UNKNOWN_KEY: Final = error("NEO011", "Keys are known")
WRONG_TYPE: Final = error("NEO012", "Values have the right type")
MISSING_KEY: Final = error("NEO013", "Required keys are there")
API_VERSION: Final = error("NEO014", "apiVersion is one that this release reads")
BAD_VALUE: Final = error("NEO015", "Values have the form that the key demands")
UNDEFINED: Final = error("NEO016", "Every variable has a value")
UNDECLARED: Final = error("NEO017", "Every variable is declared")
NO_TARGET: Final = error("NEO018", "Every model has a target")
UNKNOWN_TARGET: Final = error("NEO019", "A target's name is known")
UNUSED_SUPPRESSION: Final = warning("NEO020", "A suppression suppresses something")
NO_REASON: Final = error("NEO021", "A suppression has a reason")
UNUSED_VARIABLE: Final = info("NEO022", "A declared variable is used")
NAME_TAKEN: Final = error("NEO023", "Targets and models have names of their own")

RULES: Final = (
    UNREADABLE, NOT_UTF8, TOO_LARGE, SYNTAX, DUPLICATE_KEY, ALIAS, TAG, TOO_DEEP, NOT_A_KEY,
    NO_SPEC, UNKNOWN_KEY, WRONG_TYPE, MISSING_KEY, API_VERSION, BAD_VALUE, UNDEFINED, UNDECLARED,
    NO_TARGET, UNKNOWN_TARGET, UNUSED_SUPPRESSION, NO_REASON, UNUSED_VARIABLE, NAME_TAKEN,
)  # fmt: skip

FILE_RULES: Final = MappingProxyType({rule.code: rule for rule in RULES})
