"""Requests for SageMaker on MiniStack's port: which ones, and what becomes of their answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from neo_local.guard.relay import DIRECT, Answer, Relay
from neo_local.guard.request import Request
from tests.embedded.aws import signed
from tests.fakes.endpoint import KEY_ID, SECRET, Service, create_request, running_service

NOBODY = Relay("127.0.0.1", 9)


def request_for(service: str, *more: tuple[str, str], path: str = "/") -> Request:
    scope = f"neo-local/20260102/us-east-1/{service}/aws4_request"
    authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
    return Request.of("POST", path, [("Host", "x"), ("Authorization", authorization), *more])


@pytest.mark.parametrize(
    ("request_", "taken"),
    [
        (request_for("sagemaker"), True),
        (request_for("sagemaker", path="/endpoints/live/invocations"), True),
        (request_for("tagging"), True),
        (request_for("tagging", (DIRECT, "yes")), False),
        (request_for("s3", path="/bucket/sagemaker"), False),
        (request_for("kms", ("X-Amz-Target", "TrentService.SageMaker")), False),
        (request_for("s3", path="/_neo_local/calls"), True),
        (Request.of("GET", "/", [("Host", "localhost")]), False),
    ],
)
def test_what_is_signed_for_sagemaker_goes_to_the_endpoint(request_: Request, taken: bool) -> None:
    assert Relay.takes(request_) is taken


def of(service: Service) -> Relay:
    return Relay("127.0.0.1", int(service.url.rpartition(":")[2]))


def call(service: Service, operation: str, body: object) -> Answer:
    """Send a signed call the way that MiniStack's server passes it on."""
    raw = signed(
        "http://localhost:4566/", KEY_ID, SECRET, json.dumps(body).encode(),
        {"X-Amz-Target": f"SageMaker.{operation}"},
    )  # fmt: skip
    headers: Iterable[tuple[str, str]] = [("Host", "localhost:4566"), *raw.header_items()]
    assert isinstance(raw.data, bytes)
    return asyncio.run(of(service).send(Request.of("POST", "/", headers), raw.data))


def test_a_call_keeps_its_signature_and_its_answer(tmp_path: Path) -> None:
    with running_service(tmp_path) as service:
        made = call(service, "CreateCompilationJob", create_request("job"))
        assert made.status == 200
        assert json.loads(made.body)["CompilationJobArn"].endswith("/job")
        again = call(service, "CreateCompilationJob", create_request("job"))
        assert again.status == 400
        assert dict(again.headers)[b"x-amzn-errortype"] == b"ResourceInUse"


def test_a_lost_answer_is_an_error_that_clients_try_again(tmp_path: Path) -> None:
    with running_service(tmp_path, lost_responses={"CreateCompilationJob": 1}) as service:
        lost = call(service, "CreateCompilationJob", create_request("job"))
        assert (lost.status, json.loads(lost.body)["__type"]) == (500, "InternalFailure")
        assert service.wait("job", "COMPLETED")


def test_an_endpoint_that_is_down_is_unavailable() -> None:
    answer = asyncio.run(NOBODY.send(request_for("sagemaker"), b"{}"))
    assert (answer.status, json.loads(answer.body)["__type"]) == (503, "ServiceUnavailable")
