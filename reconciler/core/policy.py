"""What a team wants to happen beyond the declarations themselves, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_RETRIES: Final = 10


class OnFailure(StrEnum):
    """What one job's failure means for the others of one apply."""

    FAIL = "fail"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class Policy:
    """How declarations are brought about.

    Attributes:
        prune: Delete the finished records of jobs of ours that no declaration names. Their
            artifacts stay. Live jobs that no declaration names are stopped in any case.
        retries: How many further attempts one operation makes when a job fails for the
            service's own reasons; 0 to 10. Failures of the user's making are never retried.
        on_failure: Whether the first failed job ends an apply of many.

    Raises ValueError for retries out of range.
    """

    prune: bool = False
    retries: int = 1
    on_failure: OnFailure = OnFailure.FAIL

    def __post_init__(self) -> None:
        if not 0 <= self.retries <= MAX_RETRIES:
            raise ValueError(f"retries {self.retries}: 0 to {MAX_RETRIES} are allowed")
