"""The JSON Schema of fleet files, for editors: keys, values and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.core.fields import FIELDS, NAME, OUTPUT_LOCATION, S3_URI, Field, Kind
from reconciler.specs.descriptions import DESCRIPTIONS
from reconciler.specs.fleet_form import (
    ACCOUNT_FORM,
    API_VERSION,
    DEVICE,
    FLEET,
    JOB,
    MODEL,
    NAME_FORM,
    OVERRIDE,
    OWNER_FORM,
    REQUIRED,
    ROLE_FORM,
    STRUCTURES,
    SUPPRESSION,
    TAG,
    TARGET,
    TARGET_KEYS,
    VARIABLE,
    Form,
)
from reconciler.specs.schema_json_fields import inputs, options
from reconciler.specs.schema_values import (
    ACCELERATOR,
    ARCH,
    DIALECT,
    OS,
    REFERENCE,
    api_text,
    choice,
    devices,
    frameworks,
    platform_pattern,
    shape_at,
)
from reconciler.specs.types import FORM


def fleet_schema() -> dict[str, Any]:
    """Return the schema of fleet files (JSON Schema draft-07, which editors know best)."""
    definitions = {
        name: _map(form, about) for name, (form, about) in sorted(_MAPS.items()) if name != "Fleet"
    }
    for name, make in _SPECIAL.items():
        definitions[name] = {"description": DESCRIPTIONS[name], **make()}
    definitions["Model"]["not"] = {"required": ["S3Uri", "ModelPackageVersionArn"]}
    about_targets = {"description": DESCRIPTIONS["targets"]}
    definitions["unnamedTargets"] = {**about_targets, **_targets(named=False)}
    definitions["targetsByName"] = {**about_targets, **_targets_by_name()}
    unnamed = {"targets": _ref("unnamedTargets")}
    fleet = _map(*_MAPS["Fleet"])
    return {
        "$schema": DIALECT,
        "$id": "urn:neo-as-code:schema:fleet:v1",
        "title": "A fleet of SageMaker Neo compilation jobs",
        **fleet,
        "properties": {**fleet["properties"], **unnamed},
        # Without targets at the top each model has its own, and there are none to name.
        "if": {"not": {"required": ["targets"]}},
        "then": {
            "properties": {
                "models": {"additionalProperties": {"properties": unnamed, "required": ["targets"]}}
            }
        },
        "definitions": definitions,
    }


_MAPS: Final[Mapping[str, tuple[Form, str]]] = {
    **{key: (form, DESCRIPTIONS[key]) for key, form in STRUCTURES.items()},
    "Fleet": (FLEET, "Models times targets, with shared settings declared once."),
    "Device": (DEVICE, DESCRIPTIONS["device"]),
    "Defaults": (JOB, "What all jobs have in common."),
    "Model": (MODEL, "A model to compile, and for which targets."),
    "Override": (OVERRIDE, "What is different for one target of a model."),
    "Suppression": (SUPPRESSION, "A rule that is not to be reported here, and why."),
    "Tag": (TAG, "One tag in the API's form."),
    "Target": (TARGET, "A target, with what is different for it."),
    "Variable": (VARIABLE, "A value that comes from outside the file."),
}


def _map(form: Form, about: str) -> dict[str, Any]:
    required = [key for key in form if key in REQUIRED]
    return {
        "description": about,
        "type": "object",
        "properties": {key: _property(key) for key in form},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _property(name: str) -> dict[str, Any]:
    if name in _SPECIAL:
        return {"$ref": f"#/definitions/{name}"}
    about = {"description": DESCRIPTIONS[name]} if name in DESCRIPTIONS else {}
    return {**about, **(_KINDS.get(name) or {"type": "string"})}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/definitions/{name}"}


def _by_name(values: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"type": "object", "additionalProperties": values, **more}


def _duration() -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "integer", "minimum": 1},
            {"type": "string", "pattern": FORM, "minLength": 1},
            {"type": "string", "pattern": REFERENCE},
        ],
        "examples": ["15m", 900],
    }


def _field(field: Field) -> dict[str, Any]:
    shape = shape_at(field.path)
    match field.kind:
        case Kind.TEXT:
            return api_text(shape, names_a_resource=field.path in _NAMES_A_RESOURCE)
        case Kind.TEXTS:
            some = {**_TEXTS, "minItems": shape["min"], "maxItems": shape["max"]}
            return {"anyOf": [some, {"type": "string", "pattern": REFERENCE}]}
        case _:
            return _OF_KIND[field.kind]


_NAMES_A_RESOURCE: Final = (S3_URI, OUTPUT_LOCATION, "ModelPackageVersionArn")
_TEXTS: Final = {"type": "array", "items": {"type": "string"}}
_NUMBER_OR_TEXT: Final = {"type": ["string", "number"]}
_OF_KIND: Final[Mapping[Kind, dict[str, Any]]] = {
    Kind.JSON: {"type": ["object", "array", "string"]},
    Kind.SECONDS: _duration(),
    Kind.TAGS: {
        "anyOf": [
            _by_name(_NUMBER_OR_TEXT, propertyNames={"pattern": r"^(?![Aa][Ww][Ss]:)[\s\S]"}),
            {"type": "array", "items": _ref("Tag")},
        ]
    },
}
_KINDS: Final[Mapping[str, dict[str, Any]]] = {
    "apiVersion": {"type": "string", "enum": [API_VERSION]},
    "owner": {"type": "string", "pattern": f"^{OWNER_FORM}$"},
    "account": {"type": ["string", "number"], "pattern": f"^{ACCOUNT_FORM}$"},
    "assumeRole": {"type": "string", "pattern": f"^{ROLE_FORM}$"},
    "code": {"type": "string", "pattern": r"^NEO\d{3}$"},
    "reason": {"type": "string", "pattern": r"\S"},
    "name": {"type": "string", "pattern": f"^{NAME_FORM}$"},
    "variables": _by_name({"anyOf": [_ref("Variable"), {"not": {"type": "object"}}]}),
    "defaults": _ref("Defaults"),
    "models": _by_name(_ref("Model"), minProperties=1, propertyNames={"pattern": f"^{NAME_FORM}$"}),
    "suppress": {"type": "array", "items": _ref("Suppression")},
    "overrides": _by_name(_ref("Override")),
    "exclude": _TEXTS,
    **{field.path.rpartition(".")[2]: _field(field) for field in FIELDS},
    **{key: _ref(key) for key in STRUCTURES},
    "revision": _NUMBER_OR_TEXT,
    "exactOutput": {"type": "boolean"},
    "existingJob": api_text(shape_at(NAME)),
    "device": _ref("Device"),
    "libraries": _TEXTS,
    **dict.fromkeys(("glibc", "libstdcxx", "jetpack"), _NUMBER_OR_TEXT),
    "late": {"type": "boolean"},
    "default": {},
}


def _framework_version() -> dict[str, Any]:
    text = api_text(shape_at("InputConfig.FrameworkVersion"))
    return {**text, "type": ["string", "number"], "examples": ["1.8", "2.0"]}


_SPECIAL: Final[Mapping[str, Any]] = {
    "TargetDevice": lambda: choice(devices()),
    "Framework": frameworks,
    "FrameworkVersion": _framework_version,
    "Os": lambda: choice(OS),
    "Arch": lambda: choice(ARCH),
    "Accelerator": lambda: choice(ACCELERATOR),
    "CompilerOptions": options,
    "DataInputConfig": inputs,
    "targets": lambda: _targets(named=True),
}


def _targets(*, named: bool) -> dict[str, Any]:
    """Return the schema of targets; where ``named``, texts may be names of other targets."""
    platform = {} if named else {"pattern": platform_pattern()}
    items = [_ref("TargetDevice"), {"type": "string", **platform}, _WHOLE_TARGET]
    listed = {"type": "array", "items": {"anyOf": items}, "minItems": 1, "uniqueItems": True}
    return {"anyOf": [listed, _ref("targetsByName")]}


def _targets_by_name() -> dict[str, Any]:
    some = {"anyOf": [_ref("Target"), {"type": "null"}]}
    return {
        "type": "object",
        "properties": {name: {**some, "description": about} for name, about in devices().items()},
        "patternProperties": {platform_pattern(): some},
        "additionalProperties": _WHOLE_TARGET,
        "minProperties": 1,
    }


_WHOLE_TARGET: Final = {
    "allOf": [_ref("Target")],
    "oneOf": [{"required": [key]} for key in TARGET_KEYS],
}
