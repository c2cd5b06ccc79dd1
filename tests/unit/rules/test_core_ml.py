"""Inputs of the Core ML target: which objects are taken, and what is said of the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.rules.families.check import check_job
from tests.unit.rules.requests import patched


def codes(entry: dict[str, Any]) -> set[str]:
    source = {"DataInputConfig": json.dumps({"a": entry}), "Framework": "PYTORCH"}
    patch = {"InputConfig": source, "OutputConfig": {"TargetDevice": "coreml"}}
    return {finding.code for finding in check_job(patched(patch))}


IMAGE = {"shape": [1, 3, 8, 8], "type": "Image", "bias": [-1, -1, -1], "scale": 0.0078}


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (IMAGE, set()),
        ({**IMAGE, "shpe": [1]}, {"NEO321"}),
        ({"type": "Tensor"}, {"NEO322"}),
        ({"shape": []}, {"NEO322"}),
        ({"shape": [[1, 3, 8, 8], "1..10"]}, {"NEO322"}),
        ({"shape": ["10..1", 3]}, {"NEO322"}),
        ({"shape": ["0..1", 3]}, {"NEO322"}),
        ({"shape": [[1, 3, 8, 8], [1, 0, 4, 4]]}, {"NEO322"}),
        ({"shape": [["1..4", 3, 8, 8], [1, 3, 4, 4]]}, set()),
        ({"shape": [[1, 3, 8, 8], [1, 3, 8]]}, {"NEO325"}),
        ({"shape": [1, 3], "default_shape": [1, 4]}, {"NEO323"}),
        ({"shape": [1, 3], "default_shape": [1]}, {"NEO323"}),
        ({"shape": [1, 3], "default_shape": "1,3"}, {"NEO323"}),
        ({"shape": ["2..4", 3], "default_shape": [2, 3]}, set()),
        ({"shape": ["2..4", 3], "default_shape": ["2", 3]}, {"NEO323"}),
        ({"shape": ["4..x", 3], "default_shape": [2, 3]}, {"NEO322"}),
        ({**IMAGE, "type": "Picture"}, {"NEO324"}),
        ({**IMAGE, "bias": []}, {"NEO324"}),
        ({**IMAGE, "bias": [-1, "x", -1]}, {"NEO324"}),
        ({**IMAGE, "scale": True}, {"NEO324"}),
    ],
    ids=str,
)
def test_an_input_object_is_judged_key_by_key(entry: dict[str, Any], found: set[str]) -> None:
    assert codes(entry) == found
