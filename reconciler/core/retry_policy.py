"""How often a job that fails because of a service error is tried again."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.contract import DEFAULT_RETRIES, MAX_RETRIES


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How many further attempts one operation makes; failures of the user's making get none.

    Raises ValueError for retries out of range.
    """

    retries: int = DEFAULT_RETRIES

    def __post_init__(self) -> None:
        if not 0 <= self.retries <= MAX_RETRIES:
            raise ValueError(f"retries is {self.retries}: must be 0 to {MAX_RETRIES}")
