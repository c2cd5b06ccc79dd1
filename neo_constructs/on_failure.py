"""OnFailure: what one job's failure means for a deployment of a fleet."""

from __future__ import annotations

from enum import StrEnum


class OnFailure(StrEnum):
    """What one job's failure means for a deployment of the fleet."""

    FAIL = "fail"
    CONTINUE = "continue"
