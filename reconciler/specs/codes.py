"""NEO001 to NEO029: what is wrong with a file, before a request can be judged."""

from __future__ import annotations

from typing import Final

from reconciler.rules.rule import error, info, warning

UNREADABLE: Final = error("NEO001", "unreadable-file")
NOT_UTF8: Final = error("NEO002", "not-utf8")
TOO_LARGE: Final = error("NEO003", "file-too-large")
SYNTAX: Final = error("NEO004", "syntax-error")
DUPLICATE_KEY: Final = error("NEO005", "duplicate-key")
ALIAS: Final = error("NEO006", "yaml-alias")
TAG: Final = error("NEO007", "yaml-tag")
TOO_DEEP: Final = error("NEO008", "nesting-too-deep")
NOT_A_KEY: Final = error("NEO009", "invalid-key-type")
NO_SPEC: Final = error("NEO010", "not-a-spec")
UNKNOWN_KEY: Final = error("NEO011", "unknown-key")
WRONG_TYPE: Final = error("NEO012", "wrong-value-type")
MISSING_KEY: Final = error("NEO013", "missing-key")
API_VERSION: Final = error("NEO014", "unsupported-api-version")
BAD_VALUE: Final = error("NEO015", "invalid-value")
UNDEFINED: Final = error("NEO016", "unset-variable")
UNDECLARED: Final = error("NEO017", "undeclared-variable")
NO_TARGET: Final = error("NEO018", "model-without-target")
UNKNOWN_TARGET: Final = error("NEO019", "unknown-target")
UNUSED_SUPPRESSION: Final = warning("NEO020", "unused-suppression")
NO_REASON: Final = error("NEO021", "suppression-without-reason")
UNUSED_VARIABLE: Final = info("NEO022", "unused-variable")
NAME_TAKEN: Final = error("NEO023", "duplicate-target-name")

RULES: Final = (
    UNREADABLE, NOT_UTF8, TOO_LARGE, SYNTAX, DUPLICATE_KEY, ALIAS, TAG, TOO_DEEP, NOT_A_KEY,
    NO_SPEC, UNKNOWN_KEY, WRONG_TYPE, MISSING_KEY, API_VERSION, BAD_VALUE, UNDEFINED, UNDECLARED,
    NO_TARGET, UNKNOWN_TARGET, UNUSED_SUPPRESSION, NO_REASON, UNUSED_VARIABLE, NAME_TAKEN,
)  # fmt: skip
