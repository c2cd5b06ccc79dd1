"""Errors as the SageMaker service answers them."""

from __future__ import annotations

VALIDATION = "ValidationException"


class ServiceError(Exception):
    """A refusal, sent as ``{"__type": code, "message": message}`` with the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class LostResponse(Exception):
    """The call was carried out; its answer is to be dropped with the connection."""


def validation(message: str) -> ServiceError:
    return ServiceError(VALIDATION, message)


def unknown_operation(target: str) -> ServiceError:
    return ServiceError(
        "UnknownOperationException",
        f"The embedded endpoint does not know {target or 'a request without X-Amz-Target'}: "
        "it answers SageMaker's compilation jobs, models, endpoint configurations, endpoints and "
        "their tags, and the Resource Groups Tagging API.",
    )
