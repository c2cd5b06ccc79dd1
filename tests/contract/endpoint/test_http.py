"""The wire: who is answered, and how."""

from __future__ import annotations

import http.client
import json
import socket
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.embedded.aws import signed
from tests.fakes.endpoint import KEY_ID, REGION, SECRET, Service, create_request

AWS_JSON = "application/x-amz-json-1.1"


def ask(
    service: Service, method: str = "POST", path: str = "/", body: str = "{}", **headers: str
) -> tuple[int, dict[str, Any], http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=5)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named = {"X-Amz-Target": "SageMaker.ListCompilationJobs", **named}
    body = body if method == "POST" else ""
    request = AWSRequest(method, f"{service.url}{path}", named, body)
    SigV4Auth(Credentials(KEY_ID, SECRET), "sagemaker", REGION).add_auth(request)
    connection.request(method, path, body, dict(request.headers))
    answer = connection.getresponse()
    found = (answer.status, json.load(answer), answer.headers)
    connection.close()
    return found


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:80", "[::1]:4566", "LOCALHOST:1"])
def test_every_name_of_this_machine_is_answered(service: Service, host: str) -> None:
    assert ask(service, Host=host)[0] == 200


@pytest.mark.parametrize("host", ["example.com", "localhost.example.com", "127.0.0.1.nip.io", ""])
@pytest.mark.parametrize("path", ["/", "/_neo_local/faults"])
def test_a_foreign_host_header_is_refused(service: Service, host: str, path: str) -> None:
    status, answer, _ = ask(service, path=path, Host=host)
    assert status == 403
    assert "localhost" in answer["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-origin"},
    ],
)
def test_web_pages_are_refused(service: Service, headers: dict[str, str]) -> None:
    assert ask(service, **headers)[0] == 403


@pytest.mark.parametrize("path", ["/", "/_neo_local/faults", "/_neo_local/jobs"])
def test_unsigned_requests_are_refused(service: Service, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(service.url + path, b"{}", timeout=5)
    assert refused.value.code == 403
    assert json.load(refused.value)["__type"] == "MissingAuthenticationToken"


def test_answers_have_the_services_headers(service: Service) -> None:
    status, answer, headers = ask(service)
    assert (status, answer) == (200, {"CompilationJobSummaries": []})
    assert headers["Content-Type"] == AWS_JSON
    assert len(headers["x-amzn-RequestId"]) == 36


def test_errors_have_their_type_in_body_and_header(service: Service) -> None:
    body = json.dumps({"CompilationJobName": "nobody"})
    status, answer, headers = ask(
        service, body=body, X_Amz_Target="SageMaker.DescribeCompilationJob"
    )
    assert status == 400
    assert answer["__type"] == headers["x-amzn-ErrorType"] == "ResourceNotFound"
    assert len(headers["x-amzn-RequestId"]) == 36


@pytest.mark.parametrize(
    "target",
    [
        "SageMaker.CreateTrainingJob",
        "SageMaker.",
        "",
        "EC2.DescribeVpcs",
        "SageMaker.list",
        "nonsense",
    ],
)
def test_an_unknown_operation_is_refused(service: Service, target: str) -> None:
    status, answer, _ = ask(service, X_Amz_Target=target)
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize("body", ["{", "[]", "null", "7", "[" * 100_000, '"\ud800"'])
def test_what_is_not_a_request_is_refused(service: Service, body: str) -> None:
    status, answer = service.post("ListCompilationJobs", body.encode("utf-8", "surrogatepass"))
    assert (status, answer["__type"]) == (400, "SerializationException")


def test_an_empty_body_is_an_empty_request(service: Service) -> None:
    assert service.post("ListCompilationJobs", b"")[0] == 200


def test_unknown_members_are_left_out(service: Service) -> None:
    status, _ = service.post("CreateCompilationJob", create_request("job", Colour="red"))
    assert status == 200
    assert "Colour" not in service.wait("job", "COMPLETED")


def test_a_body_beyond_a_megabyte_is_not_read(service: Service) -> None:
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=5)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders()
    assert connection.getresponse().status == 413


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("POST", "/x"), ("GET", "/_neo_local/x")]
)
def test_other_paths_are_not_found(service: Service, method: str, path: str) -> None:
    assert ask(service, method, path)[0] == 404


def test_timestamps_are_seconds_since_the_epoch(service: Service) -> None:
    service.client().create_compilation_job(**create_request("job"))
    service.wait("job", "COMPLETED")
    _, answer = service.post("DescribeCompilationJob", {"CompilationJobName": "job"})
    assert abs(answer["CreationTime"] - time.time()) < 60
    _, found = service.post("ListCompilationJobs", {"CreationTimeAfter": "2026-01-01T00:00:00Z"})
    assert len(found["CompilationJobSummaries"]) == 1


@pytest.mark.parametrize("when", ["yesterday", True, [1], {}])
def test_a_bad_timestamp_is_no_request(service: Service, when: object) -> None:
    status, answer = service.post("ListCompilationJobs", {"CreationTimeAfter": when})
    assert (status, answer["__type"]) == (400, "SerializationException")
    assert answer["message"].startswith("CreationTimeAfter: ")


def test_switches_that_are_not_json_are_refused(service: Service) -> None:
    status, answer, _ = ask(service, path="/_neo_local/faults", body="{throttle")
    assert status == 400
    assert "not JSON" in answer["message"]


def test_an_error_of_ours_is_an_internal_failure_and_not_the_end(
    service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    service.store.close()
    status, answer = service.post("CreateCompilationJob", create_request("job"))
    assert (status, answer["__type"]) == (500, "InternalFailure")
    assert "ProgrammingError" in capfd.readouterr().err
    assert ask(service, "GET", "/_neo_local/health")[0] == 200


def test_a_client_that_disconnects_does_not_disturb_others(
    service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as half:
        half.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
    assert ask(service)[0] == 200
    assert capfd.readouterr().err == ""


def test_an_answer_takes_one_packet_and_no_delayed_acknowledgement(service: Service) -> None:
    ask(service)
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=5)
    target = {"X-Amz-Target": "SageMaker.ListCompilationJobs"}
    headers = dict(signed(service.url, KEY_ID, SECRET, b"{}", target).header_items())
    waits = []
    for _ in range(50):
        began = time.monotonic()
        connection.request("POST", "/", "{}", headers)
        connection.getresponse().read()
        waits.append(time.monotonic() - began)
    connection.close()
    assert min(waits) < 0.03  # every answer would wait 0.04 for a delayed acknowledgement
