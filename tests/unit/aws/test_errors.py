"""Every AWS error becomes one of the port's errors, by its code."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError

from reconciler.aws.budget import Budget
from reconciler.aws.errors import is_not_found, of_client_error, translated
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

COULD_NOT_ASSUME = (
    "Could not assume role arn:aws:iam::111122223333:role/Neo. Please ensure that the role "
    "exists and allows principal 'sagemaker.amazonaws.com' to assume the role."
)
PASS_ROLE = (
    "User: arn:aws:sts::111122223333:assumed-role/h/f is not authorized to perform: iam:PassRole "
    "on resource: arn:aws:iam::111122223333:role/Neo"
)
ADD_TAGS = "User: x is not authorized to perform: sagemaker:AddTags on resource: y"


def client_error(code: str, message: str = "", status: int = 400) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "CreateCompilationJob")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_error("ResourceInUse"), NameInUse),
        (client_error("ResourceLimitExceeded"), LimitExceeded),
        (client_error("ThrottlingException"), Throttled),
        (client_error("Whatever", status=429), Throttled),
        (client_error("ValidationException", COULD_NOT_ASSUME), RoleNotReady),
        (client_error("AccessDeniedException", PASS_ROLE), RoleNotReady),
        (client_error("AccessDeniedException", ADD_TAGS), Denied),
        (client_error("InternalFailure", status=500), Unavailable),
        (client_error("Odd", status=503), Unavailable),
        (client_error("ValidationException", "1 validation error detected"), Invalid),
        (client_error("SomethingNew"), Invalid),
    ],
)
def test_codes_decide_and_the_services_words_are_kept(
    error: ClientError, expected: type[PortError]
) -> None:
    translation = of_client_error(error)
    assert type(translation) is expected
    assert translation.code == error.response["Error"]["Code"]
    assert error.response["Error"]["Message"] in str(translation)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_error("ResourceNotFound", "Could not find compilation job 'x'."), True),
        (client_error("ValidationException", "Could not find compilation job 'x'."), True),
        (client_error("ValidationException", "Requested resource not found"), True),
        (client_error("ValidationException", "Invalid name"), False),
        (client_error("AccessDeniedException", "role not found"), False),
    ],
)
def test_both_shapes_of_not_found_are_known(error: ClientError, expected: bool) -> None:
    assert is_not_found(error) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_error("ThrottlingException"), Throttled),
        (ParamValidationError(report="Missing required parameter"), Invalid),
        (EndpointConnectionError(endpoint_url="https://api.sagemaker"), Unavailable),
    ],
)
def test_nothing_of_botocores_comes_out(error: Exception, expected: type[PortError]) -> None:
    with pytest.raises(expected), translated(Budget()):
        raise error


def test_a_refusal_without_a_message_says_of_what() -> None:
    wanted = r"^400: the endpoint refuses CreateCompilationJob without"
    with pytest.raises(Invalid, match=wanted), translated(Budget()):
        raise client_error("400")


def test_no_request_is_begun_that_may_not_end_in_time() -> None:
    budget = Budget()
    budget.follow(lambda: 14_000)
    with pytest.raises(Unavailable, match="time is nearly over"), translated(budget):
        pytest.fail("the request was sent")
    budget.follow(lambda: 16_000)
    with translated(budget):
        pass
