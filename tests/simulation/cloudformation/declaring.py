"""Templates with our custom resource in them, as the constructs write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.stack import CUSTOM, Resource

ROLE: Final = "arn:aws:iam::111122223333:role/neo-job"
HOUR: Final = 3600.0
FOR_EVER: Final = Script(running=200 * HOUR)
"""A job that never ends by itself while a test looks: an orphan of this kind is always seen."""


def neo(
    logical_id: str,
    model: str = "model",
    *,
    wait: bool = True,
    removal: str = "destroy",
    deadline: int = 3300,
    retries: int = 1,
    tags: Mapping[str, str] | None = None,
    late_bound: Mapping[str, Any] | None = None,
    max_runtime: int = 864_000,
    depends_on: tuple[str, ...] = (),
    logical_name: str = "",
    verify: str = "",
) -> Resource:
    """A CompilationJob construct's custom resource; another `model` is another compilation."""
    request = {
        "InputConfig": {
            "S3Uri": f"s3://models/{model}.tar.gz",
            "DataInputConfig": '{"data":[1,3,224,224]}',
            "Framework": "ONNX",
        },
        "OutputConfig": {"S3OutputLocation": "s3://compiled/out", "TargetDevice": "ml_c5"},
        "StoppingCondition": {"MaxRuntimeInSeconds": max_runtime},
    }
    declaration = {
        "schema": 1,
        "logicalName": logical_name or f"App/{logical_id}",
        "request": request,
        "revision": None,
        "exactOutput": False,
        "policy": {"retries": retries},
    }
    properties = {
        "Declaration": json.dumps(declaration, sort_keys=True, separators=(",", ":")),
        "LateBound": {"/RoleArn": ROLE, **(late_bound or {})},
        "Tags": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        "RemovalPolicy": removal,
        "Wait": wait,
        "DeadlineSeconds": deadline,
    }
    if verify:
        properties["Verify"] = verify
    return Resource(logical_id, properties, CUSTOM, depends_on)
