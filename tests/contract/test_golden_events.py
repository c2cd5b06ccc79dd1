"""Events of every release are still answered as that release answered them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.core.version import VERSION
from tests.contract.golden_events import FOLDER, Case

RECORDED = [
    pytest.param(entry, id=f"{file.stem} {entry['name']}")
    for file in sorted(FOLDER.glob("*.json"))
    for entry in json.loads(file.read_text(encoding="utf-8"))
]


def test_this_release_is_recorded() -> None:
    assert (FOLDER / f"{VERSION}.json").exists()


@pytest.mark.parametrize("entry", RECORDED)
def test_a_recorded_event_is_answered_as_it_was(entry: dict[str, Any]) -> None:
    case = Case(entry["name"], entry["handler"], entry["status"], entry["event"], entry["done"])
    given = json.loads(json.dumps(case.answer()))
    assert given == {"answer": entry["answer"], "changes": entry["changes"]}
