"""The properties of `Custom::NeoCompilationJob`: what the reconciler's handler is told.

A contract: an update, a rollback or a deletion brings the properties of an older version back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from neo_constructs.late_bound import SplitRequest
from neo_constructs.tokens import is_token

SCHEMA: Final = 1
REVISION: Final = "#revision"
RETRIES: Final = "#retries"


def contract(
    logical_name: str,
    split: SplitRequest,
    revision: str | None,
    exact_output: bool,
    retries: float,
) -> dict[str, object]:
    """Declaration, one literal JSON text without tokens, and LateBound, what it lacks."""
    late: dict[str, object] = dict(split.late)
    if is_token(revision):
        late[REVISION] = revision
        revision = None
    if is_token(retries):
        late[RETRIES] = retries
        retries = 0
    declaration = {
        "schema": SCHEMA,
        "logicalName": logical_name,
        "request": split.literal,
        "revision": revision,
        "exactOutput": exact_output,
        "policy": {"retries": retries},
    }
    return {"Declaration": _one_text(declaration), "LateBound": late}


def _one_text(declaration: Mapping[str, object]) -> str:
    return json.dumps(declaration, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
