"""Variables: deploy-time values of a fleet, put in where ``${var.name}`` stands.

Ten thousand jobs share a role, a bucket and a key, so a value does not travel with each job, as
it does for a single one (``core.deploy_time``): it travels once, by name. Its kind says what it
becomes:

* ``text``: text;
* ``number``: a number, also inside DataInputConfig and CompilerOptions;
* ``list``: a list, in place of a whole value;
* ``any``: as it comes; inside a JSON-valued field a number if it reads as one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.core.canonical import Json
from reconciler.core.deploy_time import DeployTimeError, json_text, number, with_whole_seconds
from reconciler.core.fields import Kind, members, paths

KINDS: Final = ("any", "list", "number", "text")
REFERENCE: Final = re.compile(r"\$\{var\.([A-Za-z_][A-Za-z0-9_-]{0,62})\}")
_MARK: Final = "${var."
_JSON_FIELDS: Final = members(paths(kind=Kind.JSON))
_SHOWN: Final = 100


def reference(name: str) -> str:
    """Return what stands for a variable in a document."""
    return f"{_MARK}{name}}}"


def has_reference(value: object) -> bool:
    """Return whether a text, or one in a list, refers to a variable."""
    if isinstance(value, str):
        return _MARK in value and REFERENCE.search(value) is not None
    return isinstance(value, list | tuple) and any(map(has_reference, value))


def references_in(value: object) -> set[str]:
    """Return the names of the variables that texts in a JSON value refer to."""
    return set(REFERENCE.findall(json.dumps(value, ensure_ascii=False)))


@dataclass(frozen=True, slots=True)
class VariableResolver:
    """Puts the values of variables into jobs of a document.

    Attributes:
        values: By name.
        kinds: One of KINDS for each name.
    """

    values: Mapping[str, object]
    kinds: Mapping[str, str]

    def job(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Return a job with every reference replaced. Raise DeployTimeError with its name."""
        names = references_in(job)
        if not names:
            return dict(job)
        try:
            if undeclared := sorted(names - self.kinds.keys()):
                raise DeployTimeError(f"the variable {undeclared[0]!r} is not declared")
            request = with_whole_seconds(self._request(job["request"]))
            revision = self._value(job.get("revision"))
        except DeployTimeError as error:
            raise DeployTimeError(f"job {job['logicalName']!r}: {error}") from None
        return {**job, "request": request, "revision": revision}

    def _request(self, request: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {key: self._value(value) for key, value in request.items()}
        for structure, names in _JSON_FIELDS.items():
            declared = request.get(structure)
            if isinstance(declared, dict):
                texts = {name: declared.get(name) for name in names}
                found[structure] |= {
                    name: self._json_text(text)
                    for name, text in texts.items()
                    if isinstance(text, str)
                }
        return found

    def _value(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        if isinstance(value, str):
            name = self._whole_name(value)
            return self._text(value) if name is None else self._whole(name)
        if isinstance(value, dict):
            return {key: self._value(item) for key, item in value.items()}
        return [self._value(item) for item in value] if isinstance(value, list) else value

    def _whole(self, name: str) -> object:
        value = self.values[name]
        if self.kinds[name] == "list" and not isinstance(value, list):
            shown = str(value)[:_SHOWN]
            raise DeployTimeError(f"the variable {name!r} must be a list, got {shown!r}")
        return value

    def _whole_name(self, text: str) -> str | None:
        """Return the variable that a text is a reference to, with nothing around it."""
        match = REFERENCE.fullmatch(text)
        return None if match is None else match[1]

    def _text(self, text: str) -> str:
        return REFERENCE.sub(lambda found: str(self.values[found[1]]), text)

    def _json_text(self, text: str) -> str:
        if _MARK not in text:
            return text
        try:
            document = json.loads(text)
        except ValueError:
            return self._text(text)
        return json_text(self._member(document))

    def _member(self, value: Any) -> Json:  # noqa: ANN401 - any JSON value
        if isinstance(value, str):
            name = self._whole_name(value)
            if name is None:
                return self._text(value)
            return _typed(name, self.values[name], self.kinds[name])
        if isinstance(value, dict):
            return {self._text(key): self._member(item) for key, item in value.items()}
        return [self._member(item) for item in value] if isinstance(value, list) else value


def _typed(name: str, value: Any, kind: str) -> Json:  # noqa: ANN401 - as CloudFormation sends it
    if kind == "list" or isinstance(value, list):
        return [_typed(name, item, "any") for item in value]
    text = str(value)
    if kind == "text":
        return text
    try:
        return number(text)
    except ValueError:
        if kind == "any":
            return text
        shown = text[:_SHOWN]
        raise DeployTimeError(f"the variable {name!r} must be a number, got {shown!r}") from None
