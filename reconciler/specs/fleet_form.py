"""The form of the fleet file: which keys there are, and of which types their values.

Keys that the API has are called what the API calls them, whatever map they lie in there
(``S3Uri``, not ``InputConfig.S3Uri``). Keys of our own begin with a small letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from pydantic_core import CoreSchema, SchemaValidator
from pydantic_core import core_schema as cs

from reconciler.core.fields import SETTABLE, Field, Kind, nested, short_path
from reconciler.core.fields import TARGETS as TARGETS_OF_REQUEST
from reconciler.specs import types
from reconciler.specs.fleet_types import FleetMap
from reconciler.specs.types import IS_DEPLOY_TIME, TEXT

API_VERSION: Final = "neo-as-code/v1"
OWNER_FORM: Final = r"[a-z][a-z0-9]{2,19}"
"""The same as in core.identity; a test compares them."""
ACCOUNT_FORM: Final = r"\d{12}"
ROLE_FORM: Final = r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+"
NAME_FORM: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"

Form = Mapping[str, Any]
"""The keys of a map with their schemas, or with the Form of a map."""

_FIELDS: Final[Mapping[str, Any]] = nested((short_path(each.path), each) for each in SETTABLE)
"""The request's fields as a fleet file nests them."""

REQUIRED: Final = frozenset(
    {"Key", "Value", "code", "reason", "apiVersion", "owner", "models"}
    | {
        name
        for members in _FIELDS.values()
        if isinstance(members, dict)
        for name, field in members.items()
        if field.required
    }
)


def map_of(form: Form) -> CoreSchema:
    """Return the schema of a map with these keys; all but the required may be absent or null."""
    return cs.typed_dict_schema(
        {
            key: cs.typed_dict_field(schema)
            if key in REQUIRED
            else cs.typed_dict_field(cs.nullable_schema(schema), required=False)
            for key, schema in form.items()
        },
        extra_behavior="forbid",
        strict=True,
    )


def _map_or_list(value: object) -> str | None:
    return "<map>" if isinstance(value, dict) else "<list>" if isinstance(value, list) else None


def _name_or_map(value: object) -> str | None:
    return "<name>" if isinstance(value, str) else "<map>" if isinstance(value, dict) else None


def _choice(kind: str, message: str, choices: dict[str, CoreSchema]) -> CoreSchema:
    by = _name_or_map if "<name>" in choices else _map_or_list
    return cs.tagged_union_schema(
        choices, by, custom_error_type=kind, custom_error_message=message, strict=True
    )


NAME: Final = types.form(NAME_FORM, "letters, digits, dots, hyphens, underscores; at most 63")


def _map(values: CoreSchema) -> CoreSchema:
    return cs.dict_schema(cs.str_schema(), values, strict=True)


TAG: Final[Form] = {"Key": TEXT, "Value": TEXT}
_KINDS: Final[Mapping[Kind, CoreSchema]] = {
    Kind.TEXT: TEXT,
    Kind.JSON: types.JSON,
    Kind.SECONDS: types.SECONDS,
    Kind.TEXTS: types.TEXTS,
    Kind.TAGS: _choice(
        "tags",
        "Tags must be a map of keys to values",
        {"<map>": _map(TEXT), "<list>": cs.list_schema(map_of(TAG))},
    ),
}
_SPECIAL: Final[Mapping[str, CoreSchema]] = {
    "Framework": types.FRAMEWORK,
    "DataInputConfig": types.INPUTS,
    "CompilerOptions": types.OPTIONS,
}


def _schema(name: str, field: Field) -> CoreSchema:
    return _SPECIAL.get(name) or _KINDS[field.kind]


STRUCTURES: Final[Mapping[str, Form]] = {
    key: {name: _schema(name, field) for name, field in members.items()}
    for key, members in _FIELDS.items()
    if isinstance(members, dict)
}
"""The API's structures that are maps in a fleet file, too."""
REQUEST: Final[Form] = {
    key: map_of(STRUCTURES[key]) if key in STRUCTURES else _schema(key, field)
    for key, field in _FIELDS.items()
}
TARGET_KEYS: Final = tuple(map(short_path, TARGETS_OF_REQUEST))
"""What only targets say."""
SUPPRESSION: Final[Form] = {
    "code": types.form(r"NEO\d{3}", "a rule's code, such as NEO307"),
    "reason": types.form(r"(?s).*\S.*", "why the rule does not apply here"),
}
SUPPRESS: Final = cs.list_schema(map_of(SUPPRESSION), strict=True)
_VERSION: Final = types.form(r"\d+(\.\d+){0,3}", "a version, such as 2.31")
DEVICE: Final[Form] = {
    "glibc": _VERSION,
    "libstdcxx": _VERSION,
    "runtime": types.form(r"[a-z]+(-\d+(\.\d+){0,3})?", "a runtime and its version: dlr-1.10"),
    "jetpack": _VERSION,
    "libraries": cs.list_schema(TEXT, strict=True),
}
"""What is installed on the device that an artifact is verified for."""
JOB: Final[Form] = {
    **{key: schema for key, schema in REQUEST.items() if key not in TARGET_KEYS},
    "revision": TEXT,
    "exactOutput": types.BOOL,
    "device": map_of(DEVICE),
}
EXISTING_JOB: Final = types.form(
    r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", "the name of a compilation job"
)
OVERRIDE: Final[Form] = {**JOB, "suppress": SUPPRESS, "existingJob": EXISTING_JOB}
TARGET: Final[Form] = {
    **OVERRIDE,
    "name": NAME,
    **{key: REQUEST[key] for key in TARGET_KEYS},
}
TARGETS: Final = _choice(
    "targets",
    "targets must be a list of targets, or a map of names to targets",
    {
        "<map>": _map(
            cs.no_info_before_validator_function(
                lambda value: {} if value is None else value, map_of(TARGET)
            )
        ),
        "<list>": cs.list_schema(
            _choice(
                "target",
                "a target must be a device, a platform or a map",
                {"<name>": cs.str_schema(), "<map>": map_of(TARGET)},
            )
        ),
    },
)
MODEL: Final[Form] = {
    **JOB,
    "suppress": SUPPRESS,
    "targets": TARGETS,
    "exclude": cs.list_schema(TEXT, strict=True),
    "overrides": _map(map_of(OVERRIDE)),
}
VARIABLE: Final[Form] = {
    "default": cs.any_schema(), "description": TEXT, "late": types.BOOL,
}  # fmt: skip
FLEET: Final[Form] = {
    "apiVersion": TEXT,
    "owner": types.form(OWNER_FORM, "3 to 20 lower-case letters and digits, the first a letter"),
    "region": TEXT,
    "account": types.form(ACCOUNT_FORM, "12 digits"),
    "assumeRole": types.form(ROLE_FORM, "the ARN of an IAM role"),
    "variables": _map(
        cs.no_info_before_validator_function(
            lambda value: value if isinstance(value, dict) else {"default": value},
            map_of(VARIABLE),
        )
    ),
    "defaults": map_of(JOB),
    "targets": TARGETS,
    "models": cs.dict_schema(NAME, map_of(MODEL), min_length=1, strict=True),
    "suppress": SUPPRESS,
}


@cache
def _validator() -> SchemaValidator:
    return SchemaValidator(map_of(FLEET))


def validated(value: object, is_deploy_time: object) -> FleetMap:
    """Return the fleet, its values converted; raise pydantic's ValidationError with every error."""
    fleet: FleetMap = _validator().validate_python(value, context={IS_DEPLOY_TIME: is_deploy_time})
    return fleet


KEYS: Final[Mapping[tuple[str, ...], Form]] = {
    (): FLEET,
    ("defaults",): JOB,
    ("variables", "*"): VARIABLE,
    ("targets", "*"): TARGET,
    ("suppress", "*"): SUPPRESSION,
    ("models", "*"): MODEL,
    ("models", "*", "targets", "*"): TARGET,
    ("models", "*", "overrides", "*"): OVERRIDE,
    ("models", "*", "suppress", "*"): SUPPRESSION,
}
"""Which maps have which keys; ``*`` stands for a name or a place in a list."""


def keys_at(steps: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return the keys of the map at a path of the file; none if its keys are not known."""
    if steps and steps[-1] in STRUCTURES:
        return tuple(STRUCTURES[str(steps[-1])])
    if steps and steps[-1] == "device":
        return tuple(DEVICE)
    if len(steps) >= 2 and steps[-2] == "Tags":
        return tuple(TAG)
    if len(steps) >= 2 and steps[-2] == "suppress":
        return tuple(SUPPRESSION)
    for path, form in KEYS.items():
        if len(path) == len(steps) and all(
            known in ("*", step) for known, step in zip(path, steps, strict=True)
        ):
            return tuple(form)
    return ()
