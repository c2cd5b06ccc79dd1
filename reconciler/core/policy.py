"""What a team wants to happen beyond the declarations themselves, as data."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.contract import DEFAULT_RETRIES, MAX_RETRIES
from reconciler.core.contract import OnFailure as OnFailure


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
    retries: int = DEFAULT_RETRIES
    on_failure: OnFailure = OnFailure.FAIL

    def __post_init__(self) -> None:
        if not 0 <= self.retries <= MAX_RETRIES:
            raise ValueError(f"retries {self.retries}: 0 to {MAX_RETRIES} are allowed")
