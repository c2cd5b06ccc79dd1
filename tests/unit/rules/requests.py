"""A request that no rule has anything against, and JSON merge patches (RFC 7396) of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

GOOD: dict[str, Any] = {
    "RoleArn": "arn:aws:iam::111122223333:role/NeoRole",
    "InputConfig": {
        "S3Uri": "s3://example-bucket/model.tar.gz",
        "DataInputConfig": '{"input0": [1, 3, 224, 224]}',
        "Framework": "PYTORCH",
    },
    "OutputConfig": {"S3OutputLocation": "s3://example-bucket/out/", "TargetDevice": "ml_c5"},
    "StoppingCondition": {"MaxRuntimeInSeconds": 900},
}


def patched(patch: Mapping[str, Any], base: Mapping[str, Any] = GOOD) -> dict[str, Any]:
    """Return the good request with a merge patch: null removes, maps merge, the rest replaces."""
    made = copy.deepcopy(dict(base))
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, Mapping):
            inner = made.get(key)
            made[key] = patched(value, inner if isinstance(inner, dict) else {})
        else:
            made[key] = value
    return made
