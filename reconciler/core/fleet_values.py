"""Putting values into a fleet's document, where ``${var.name}`` stands."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.core.canonical import Json

REFERENCE: Final = re.compile(r"\$\{var\.([A-Za-z_][A-Za-z0-9_-]{0,62})\}")
_JSON_FIELDS: Final = (("InputConfig", "DataInputConfig"), ("OutputConfig", "CompilerOptions"))


@dataclass(frozen=True, slots=True)
class OpenValues:
    """Puts values into jobs.

    Attributes:
        values: By name.
        kinds: What each is; see fleet_document.
    """

    values: Mapping[str, object]
    kinds: Mapping[str, str]

    def job(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """A job with every reference replaced. Raises ValueError with the job's name."""
        if "${var." not in json.dumps(job, ensure_ascii=False):
            return dict(job)
        name = job["logicalName"]
        try:
            request = self._request(job["request"])
            revision = self._plain(job.get("revision"))
        except ValueError as error:
            raise ValueError(f"job {name!r}: {error}") from None
        return {**job, "request": request, "revision": revision}

    def _request(self, request: Mapping[str, Any]) -> dict[str, Any]:
        put: dict[str, Any] = {key: self._plain(value) for key, value in request.items()}
        for outer, inner in _JSON_FIELDS:
            text = (request.get(outer) or {}).get(inner)
            if isinstance(text, str):
                put[outer][inner] = self._json_text(text)
        stopping = put.get("StoppingCondition")
        if isinstance(stopping, dict):
            put["StoppingCondition"] = {key: _whole(key, value) for key, value in stopping.items()}
        return put

    def _plain(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        if isinstance(value, str):
            whole = REFERENCE.fullmatch(value)
            if whole is not None and whole[1] in self.values:
                return self._whole_value(whole[1])
            return self._text(value)
        if isinstance(value, dict):
            return {key: self._plain(item) for key, item in value.items()}
        return [self._plain(item) for item in value] if isinstance(value, list) else value

    def _whole_value(self, name: str) -> object:
        value = self.values[name]
        if self.kinds[name] == "list" and not isinstance(value, list):
            raise ValueError(f"the variable {name!r} must be a list, got {str(value)[:100]!r}")
        return value

    def _text(self, text: str) -> str:
        return REFERENCE.sub(
            lambda found: str(self.values[found[1]]) if found[1] in self.values else found[0], text
        )

    def _json_text(self, text: str) -> str:
        if "${var." not in text:
            return text
        try:
            value = json.loads(text)
        except ValueError:
            return self._text(text)
        put = self._inside(value)
        return json.dumps(put, separators=(",", ":"), ensure_ascii=False)

    def _inside(self, value: Any) -> Json:  # noqa: ANN401 - any JSON value
        if isinstance(value, str):
            whole = REFERENCE.fullmatch(value)
            if whole is not None and whole[1] in self.values:
                return _typed(whole[1], self.values[whole[1]], self.kinds[whole[1]])
            return self._text(value)
        if isinstance(value, dict):
            return {self._text(key): self._inside(item) for key, item in value.items()}
        return [self._inside(item) for item in value] if isinstance(value, list) else value


def _typed(name: str, value: Any, kind: str) -> Json:  # noqa: ANN401 - as CloudFormation sends it
    if kind == "list" or isinstance(value, list):
        return [_typed(name, item, "any") for item in value]
    text = str(value)
    if kind == "text":
        return text
    try:
        number = int(text) if text.lstrip("+-").isdigit() else float(text)
        if not math.isfinite(number):
            raise ValueError(text)
    except ValueError:
        if kind == "any":
            return text
        raise ValueError(f"the variable {name!r} must be a number, got {text[:100]!r}") from None
    return number


def _whole(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return int(value)
    except ValueError:
        raise ValueError(
            f"StoppingCondition.{name} = {value[:100]!r}: a whole number is needed"
        ) from None
