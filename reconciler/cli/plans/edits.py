"""What differs between a declaration and a job, field by field, JSON-valued fields inside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from reconciler.cli.plans.document import Edit
from reconciler.core.canonical import Json, parsed
from reconciler.core.declaration import Declaration
from reconciler.core.diff import FieldChange, diff
from reconciler.core.fields import Kind, Role, paths
from reconciler.core.observed import ObservedJob
from reconciler.core.plan import Retag

_JSON: Final = frozenset(paths(kind=Kind.JSON))
_MISSING: Final = object()
TAG_PATH: Final = "Tags."


def edits_since(declaration: Declaration, older: ObservedJob) -> tuple[Edit, ...]:
    """Return what a declaration changes of an older, described job, settings included."""
    described = _with_declared_output(declaration, older)
    roles = (Role.FINGERPRINT, Role.SETTING)
    return edits_of(each for role in roles for each in diff(declaration.request, described, role))


def edits_of(changes: Iterable[FieldChange]) -> tuple[Edit, ...]:
    """Return the changes of fields as edits; of JSON-valued fields the parts that differ."""
    return tuple(edit for change in changes for edit in _edits(change))


def tag_edits(action: Retag) -> Iterator[Edit]:
    """Yield what a retag changes of a job's tags."""
    carried, declared = action.job.tags or {}, dict(action.to_set)
    for key in (*declared, *action.to_remove):
        before, after = carried.get(key, _MISSING), declared.get(key, _MISSING)
        yield Edit(f"{TAG_PATH}{key}", _text(before), _text(after))


def _with_declared_output(declaration: Declaration, older: ObservedJob) -> Mapping[str, object]:
    """Return what Describe said, S3OutputLocation without the job's own folder in it."""
    described = dict(older.described or {})
    output, name = described.get("OutputConfig"), older.job_name
    if isinstance(output, Mapping) and name is not None:
        location = str(output.get("S3OutputLocation", "")).rstrip("/")
        location = location.removesuffix(f"/{name.identity}")
        declared = declaration.request.output_location
        if location == declared.rstrip("/"):
            location = declared
        described["OutputConfig"] = {**output, "S3OutputLocation": location}
    return described


def _edits(change: FieldChange) -> Iterator[Edit]:
    before, after = change.observed, change.declared
    if change.path in _JSON and isinstance(before, str) and isinstance(after, str):
        yield from _inside(f"{change.path}#", parsed(before), parsed(after))
    else:
        yield Edit(change.path, _text(before), _text(after))


def _inside(path: str, before: object, after: object) -> Iterator[Edit]:
    """Walk two JSON values side by side; yield where they differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            step = key.replace("~", "~0").replace("/", "~1")
            yield from _inside(
                f"{path}/{step}", before.get(key, _MISSING), after.get(key, _MISSING)
            )
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _inside(f"{path}/{index}", old, new)
    elif before != after:
        yield Edit(path.removesuffix("#"), _text(before), _text(after))


def _text(value: object | Json) -> str:
    return "" if value is _MISSING else json.dumps(value, default=str, ensure_ascii=False)
