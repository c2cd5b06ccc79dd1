"""botocore's errors, translated into the ports' errors, by code and, where codes do not tell, by
the service's words.

Sources: the error lists of the API reference; for IAM's delay, messages recorded from SageMaker's
job APIs (Terraform's AWS provider retries training jobs on the same ones).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    ParamValidationError,
)

from reconciler.aws.budget import Budget
from reconciler.core.ports import (
    Denied,
    Invalid,
    LimitExceeded,
    NameInUse,
    PortError,
    RoleNotReady,
    Throttled,
    Unavailable,
)

_THROTTLES: Final = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
    }
)
_DENIALS: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "ExpiredToken",
        "ExpiredTokenException",
        "NotAuthorized",
        "403",
    }
)
_UNAVAILABLE: Final = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "RequestTimeout",
        "RequestTimeoutException",
        "500",
        "502",
        "503",
        "504",
    }
)
_ROLE_NOT_READY: Final = re.compile(
    r"could not assume role|cannot be assumed|unable to assume"
    r"|unauthorized to list objects under s3 url"
    r"|access denied to outputdataconfig s3 bucket"
    r"|no identity-based policy allows the s3:"
    r"|role .{0,300}(does not exist|is not authorized)"
    r"|(kms|vpc|subnet|security group|network interface).{0,200}"
    r"(access denied|not authorized|unauthorized)",
    re.IGNORECASE | re.DOTALL,
)
_NOT_FOUND: Final = re.compile(r"could not find|not found|does not exist", re.IGNORECASE)


@contextmanager
def translated(budget: Budget) -> Iterator[None]:
    """Run one request within the time left; nothing of botocore's comes out of it."""
    budget.require()
    try:
        yield
    except ClientError as error:
        raise of_client_error(error) from error
    except ParamValidationError as error:
        raise Invalid("ParamValidation", str(error)) from error
    except (HTTPClientError, BotoCoreError) as error:
        raise Unavailable(type(error).__name__, str(error)) from error


def lookup(
    budget: Budget,
    is_missing: Callable[[ClientError], bool],
    operation: Callable[..., Any],
    **request: object,
) -> Any:
    """Return the answer to one request, or None if what it asks about does not exist."""
    with translated(budget):
        try:
            return operation(**request)
        except ClientError as error:
            if is_missing(error):
                return None
            raise


def coded(*codes: str) -> Callable[[ClientError], bool]:
    """Return a test for errors of these codes."""
    return lambda error: code_of(error) in codes


def is_not_found(error: ClientError) -> bool:
    """Return whether a compilation job does not exist.

    The API's model says ResourceNotFound; ValidationException "Could not find compilation job"
    was recorded in the field. Both are taken.
    """
    code, message = code_of(error), _message(error)
    if code in {"ResourceNotFound", "ResourceNotFoundException"}:
        return True
    return code == "ValidationException" and bool(_NOT_FOUND.search(message))


def of_client_error(error: ClientError) -> PortError:
    """Return the port error that an AWS error code, status and message mean."""
    code, message = code_of(error), _message(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = message or f"the endpoint refuses {error.operation_name} without a message"
    kind: type[PortError]
    if code in {"ResourceInUse", "ResourceInUseException"}:
        kind = NameInUse
    elif code in {"ResourceLimitExceeded", "ResourceLimitExceededException"}:
        kind = LimitExceeded
    elif code in _THROTTLES or status == 429:
        kind = Throttled
    elif _is_role_not_ready(code, message):
        kind = RoleNotReady
    elif code in _DENIALS:
        kind = Denied
    elif code in _UNAVAILABLE or status >= 500:
        kind = Unavailable
    else:
        kind = Invalid
    return kind(code, message)


def _is_role_not_ready(code: str, message: str) -> bool:
    """Return whether IAM may only need time: the job's role, or the caller's own iam:PassRole."""
    if code in _DENIALS:
        return "iam:PassRole" in message
    return code == "ValidationException" and bool(_ROLE_NOT_READY.search(message))


def code_of(error: ClientError) -> str:
    """Return the AWS error code; empty if there is none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))
