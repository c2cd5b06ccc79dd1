"""Plan files: written by ``--out``, read by ``show`` and ``apply``. What is read is not trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from reconciler.cli.options.account import FileError
from reconciler.cli.options.output import write_by_place
from reconciler.cli.plans.choices import PlanChoices
from reconciler.cli.plans.document import (
    FORMAT_VERSION,
    ActionKind,
    Basis,
    Edit,
    PlanDocument,
    PlannedAction,
    declared_json,
)
from reconciler.cli.plans.estimate import Estimate
from reconciler.core.canonical import UNREADABLE, Json
from reconciler.core.declaration import Declaration
from reconciler.core.identity import Owner
from reconciler.core.request import JobRequest

_KIND: Final = "neoctl-plan"
_MAX_BYTES: Final = 256 << 20


class PlanFileError(FileError):
    """A plan file cannot be read, or was changed since it was written."""


def to_json(document: PlanDocument) -> dict[str, Json]:
    """Return a plan's JSON form; docs/reference/plan.schema.json describes it."""
    return {
        "kind": _KIND,
        "format_version": FORMAT_VERSION,
        "digest": document.digest,
        "made": document.made,
        "source": document.source.value,
        "account": document.account,
        "region": document.region,
        **({"assume_role": document.assume_role} if document.assume_role else {}),
        "options": document.choices.to_json(),
        "summary": dict(document.counts()),
        "estimate": Estimate.of(document).to_json(),
        "actions": [action_json(action) for action in document.actions],
        "declarations": [declared_json(each) for each in document.declarations],
    }


def action_json(action: PlannedAction) -> dict[str, Json]:
    """Return an action's JSON form without what is empty."""
    full: dict[str, Json] = {
        **action.precondition(),
        "reason": action.reason,
        "edits": [asdict(edit) for edit in action.edits],
        "notes": list(action.notes),
        "expected_seconds": action.expected,
    }
    kept = ("action", "owner", "job", "logical_name")
    return {key: value for key, value in full.items() if value or key in kept}


def text_of(document: PlanDocument) -> str:
    """Return the text of a plan file."""
    return json.dumps(to_json(document), indent=2, ensure_ascii=True) + "\n"


def write_plans(documents: Sequence[PlanDocument], path: str, *, is_only: bool) -> None:
    """Write the plan of the only place to a file, those of several into a folder."""
    texts = {(each.account, each.region): text_of(each) for each in documents}
    write_by_place(texts, path, is_only=is_only)


def plan_files(paths: Sequence[str]) -> list[str]:
    """Return paths, with the plan files of each folder that ``--out`` wrote in its place."""
    return [file for path in paths for file in (_plans_of_folder(path) or [path])]


def _plans_of_folder(path: str) -> list[str]:
    """Return the plan files of a folder that has nothing else; empty for any other path."""
    folder = Path(path)
    files = sorted(map(str, folder.iterdir())) if folder.is_dir() else []
    return files if all(map(is_plan_file, files)) else []


def read_plans(paths: Sequence[str]) -> tuple[list[PlanDocument], bool]:
    """Return the plans of files and folders, and whether they are one file's, not a folder's.

    Raises PlanFileError, OSError.
    """
    files = plan_files(paths)
    for path in files:
        if Path(path).is_dir():
            raise PlanFileError(f"{path}: a folder, and not one that neoctl plan --out wrote")
    return [read(path) for path in files], files == [*paths] and len(files) == 1


def is_plan_file(path: str) -> bool:
    """Return whether a file is a plan, and not a spec."""
    file = Path(path)
    if not file.is_file() or not path.endswith(".json"):
        return False
    with file.open("rb") as opened:
        return f'"kind": "{_KIND}"'.encode() in opened.read(200)


def read(path: str) -> PlanDocument:
    """Read a plan file. Raises PlanFileError for what is not one, or was edited; OSError."""
    if Path(path).stat().st_size > _MAX_BYTES:
        raise PlanFileError(f"{path}: larger than {_MAX_BYTES >> 20} MiB")
    try:
        value = json.loads(Path(path).read_bytes())
        if not isinstance(value, dict) or value.get("kind") != _KIND:
            raise PlanFileError(f"{path}: not a plan; write one with neoctl plan --out")
        if value.get("format_version") != FORMAT_VERSION:
            raise PlanFileError(
                f"{path}: format_version {value.get('format_version')!r} is unknown, "
                f"{FORMAT_VERSION} is allowed. Make the plan again with this version of neoctl."
            )
        document = of_json(value)
        digest = document.digest  # fails for text that is not UTF-8, such as half a surrogate pair
    except PlanFileError:
        raise
    except UNREADABLE as error:
        raise PlanFileError(f"{path}: not a valid plan ({type(error).__name__}: {error})") from None
    if digest != value.get("digest"):
        raise PlanFileError(
            f"{path}: its contents have the digest {digest}, it says "
            f"{value.get('digest')!r}. The file was edited; make the plan again."
        )
    return document


def of_json(value: Mapping[str, Any]) -> PlanDocument:
    """Read a plan's JSON form. Raises KeyError, TypeError or ValueError."""
    return PlanDocument(
        account=_text(value["account"]),
        region=_text(value["region"]),
        source=Basis(value["source"]),
        made=_text(value["made"]),
        choices=PlanChoices.from_json(value["options"]),
        actions=tuple(_action(each) for each in value["actions"]),
        declarations=tuple(_declaration(each) for each in value["declarations"]),
        assume_role=_text(value.get("assume_role", "")),
    )


def _action(value: Mapping[str, Any]) -> PlannedAction:
    return PlannedAction(
        kind=ActionKind(value["action"]),
        owner=_text(value["owner"]),
        job=_text(value["job"]),
        logical_name=_text(value["logical_name"]),
        reason=_text(value.get("reason", "")),
        previous=_text(value.get("previous", "")),
        created=_moment(value.get("created", "")),
        set_tags=tuple(
            (_text(key), _text(text)) for key, text in value.get("set_tags", {}).items()
        ),
        remove_tags=tuple(map(_text, value.get("remove_tags", []))),
        edits=tuple(
            Edit(_text(each["path"]), _text(each["before"]), _text(each["after"]))
            for each in value.get("edits", [])
        ),
        notes=tuple(map(_text, value.get("notes", []))),
        expected=_seconds(value.get("expected_seconds")),
    )


def _declaration(value: Mapping[str, Any]) -> Declaration:
    revision, exact = value["revision"], value["exact_output"]
    if not isinstance(exact, bool):
        raise TypeError("exact_output must be true or false")
    return Declaration(
        owner=Owner(_text(value["owner"])),
        logical_name=_text(value["logical_name"]),
        request=JobRequest.from_wire(value["request"]),
        revision=None if revision is None else _text(revision),
        exact_output=exact,
    )


def _moment(value: object) -> str:
    text = _text(value)
    if text and datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"{text} must have a time zone")
    return text


def _seconds(value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or value < 0):
        raise TypeError(f"{value!r} must be a number of seconds")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} must be a string")
    return value
