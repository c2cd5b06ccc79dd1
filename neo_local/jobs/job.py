"""The record of a compilation job."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    STARTING = "STARTING"
    INPROGRESS = "INPROGRESS"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def terminal(self) -> bool:
        return self in (Status.STOPPED, Status.COMPLETED, Status.FAILED)


@dataclass(frozen=True, slots=True)
class Job:
    """One job. Times are seconds since the epoch; `request` is the create request, tags aside."""

    name: str
    arn: str
    request: Mapping[str, Any]
    created: float
    modified: float
    tags: Mapping[str, str] = field(default_factory=dict)
    status: Status = Status.STARTING
    started: float | None = None
    ended: float | None = None
    failure_reason: str = ""
    artifact: str = ""
    digest: str = ""
    inference_image: str = ""
    derived_inputs: str = ""

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @staticmethod
    def from_json(text: str) -> Job:
        fields = json.loads(text)
        return Job(**{**fields, "status": Status(fields["status"])})

    @property
    def region(self) -> str:
        """The region of its ARN."""
        return self.arn.split(":")[3]

    @property
    def max_runtime_seconds(self) -> int:
        """The documented default is a day."""
        return int(self.request["StoppingCondition"].get("MaxRuntimeInSeconds", 86_400))
