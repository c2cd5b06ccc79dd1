"""How the in-memory SageMaker behaves where the documentation is silent; its errors, its record."""

from __future__ import annotations

from dataclasses import dataclass


class ApiError(Exception):
    """An error answer of the service."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the service does where the documentation is silent, and its limits.

    Attributes:
        not_found: "ResourceNotFound", or "ValidationException" as seen in the field.
        stop_on_terminal: "refused" (as training jobs do) or "accepted".
        names_reusable: Whether a deleted job's name can be used again.
        quota: How many jobs may be live at once; None is no limit.
        page_size: At most so many summaries on a page of List.
        empty_pages: List begins with an empty page that carries a token.
    """

    not_found: str = "ResourceNotFound"
    stop_on_terminal: str = "refused"
    names_reusable: bool = False
    quota: int | None = None
    page_size: int = 100
    empty_pages: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """One call that reached the service, for the invariants."""

    time: float
    operation: str
    name: str
    outcome: str
    """"ok" or the error's code."""
    status: str = ""
    """The job's status when the call arrived."""
