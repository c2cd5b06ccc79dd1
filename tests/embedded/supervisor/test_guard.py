"""Whom the embedded AWS answers: callers with its secret, and neither web pages nor other users."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from neo_local.supervisor import processes, sockets
from tests.contract.project.test_neoctl import neoctl
from tests.embedded.aws import EmbeddedAws, of_its_own

NOBODY = 65534
LAMBDA_BODY = json.dumps(
    {
        "FunctionName": "from-a-page",
        "Runtime": "python3.11",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Handler": "h.h",
        "Code": {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="},
    }
)
Answer = tuple[int, Mapping[str, str], bytes]


@pytest.fixture(params=["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER"], ids=["aws", "sagemaker"])
def url(aws: EmbeddedAws, request: pytest.FixtureRequest) -> str:
    """Each of the two ports."""
    return aws.variables()[request.param]


def send(url: str, method: str, path: str, body: str = "", **headers: str) -> Answer:
    """Send a request as it is written here, without a client's signature."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def functions(aws: EmbeddedAws) -> list[str]:
    return [one["FunctionName"] for one in aws.client("lambda").list_functions()["Functions"]]


PAGES: Mapping[str, Mapping[str, str]] = {
    "fetch": {"Origin": "http://evil.example", "Content_Type": "text/plain;charset=UTF-8"},
    "form": {"Origin": "null", "Content_Type": "text/plain"},
    "no origin": {"Sec_Fetch_Site": "cross-site", "Content_Type": "text/plain"},
    "other port": {"Sec_Fetch_Site": "same-site", "Origin": "http://localhost:3000"},
    "local program": {"Content_Type": "text/plain"},
}


@pytest.mark.parametrize("headers", PAGES.values(), ids=PAGES)
def test_a_page_cannot_create_a_function(aws: EmbeddedAws, headers: Mapping[str, str]) -> None:
    url = aws.variables()["AWS_ENDPOINT_URL"]
    status, answered, _ = send(url, "POST", "/2015-03-31/functions", LAMBDA_BODY, **headers)
    assert status == 403
    assert not [name for name in answered if name.lower().startswith("access-control-")]
    assert functions(aws) == []


@pytest.mark.parametrize("headers", PAGES.values(), ids=PAGES)
def test_a_page_cannot_wipe_the_data(aws: EmbeddedAws, headers: Mapping[str, str]) -> None:
    url = aws.variables()["AWS_ENDPOINT_URL"]
    assert send(url, "POST", "/_ministack/reset", **headers)[0] == 403
    assert [one["Name"] for one in aws.client("s3").list_buckets()["Buckets"]] == ["kept"]


@pytest.mark.parametrize("headers", PAGES.values(), ids=PAGES)
def test_a_page_cannot_set_switches(aws: EmbeddedAws, headers: Mapping[str, str]) -> None:
    url = aws.variables()["AWS_ENDPOINT_URL_SAGEMAKER"]
    body = '{"hold_jobs": true}'
    assert send(url, "POST", "/_neo_local/faults", body, **headers)[0] == 403
    assert aws.admin("faults")["hold_jobs"] is False


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", ""])
@pytest.mark.parametrize("path", ["/", "/_ministack/health", "/_neo_local/health"])
def test_a_rebound_name_reaches_nothing(url: str, path: str, host: str) -> None:
    port = url.rpartition(":")[2]
    assert send(url, "GET", path, Host=host and f"{host}:{port}")[0] == 403


def test_preflights_are_refused(url: str) -> None:
    status, headers, _ = send(
        url,
        "OPTIONS",
        "/",
        Origin="http://evil.example",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="x-amz-target",
    )
    assert status in (403, 501)
    assert not [name for name in headers if name.lower().startswith("access-control-")]


def test_web_sockets_are_refused(aws: EmbeddedAws) -> None:
    host, _, port = aws.variables()["AWS_ENDPOINT_URL"].removeprefix("http://").partition(":")
    handshake = (
        f"GET /mqtt HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://evil.example\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(port)), timeout=20) as peer:
        peer.sendall(handshake.encode())
        assert peer.recv(200).startswith(b"HTTP/1.1 403")


def test_answers_allow_no_origin(aws: EmbeddedAws) -> None:
    answer = aws.client("s3").list_buckets()["ResponseMetadata"]["HTTPHeaders"]
    assert not [name for name in answer if name.startswith("access-control-")]


def test_the_health_pages_are_open(aws: EmbeddedAws) -> None:
    own = aws.variables()
    assert send(own["AWS_ENDPOINT_URL"], "GET", "/_ministack/health")[0] == 200
    assert send(own["AWS_ENDPOINT_URL_SAGEMAKER"], "GET", "/_neo_local/health")[0] == 200


def client_of(aws: EmbeddedAws, service: str, key: str, secret: str, token: str = "") -> Any:
    own = aws.variables()
    name = "AWS_ENDPOINT_URL_SAGEMAKER" if service == "sagemaker" else "AWS_ENDPOINT_URL"
    return boto3.client(
        service,
        endpoint_url=own[name],
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token or None,
        config=Config(retries={"total_max_attempts": 1}),
    )


CALLS = {
    "s3": "list_buckets",
    "lambda": "list_functions",
    "cloudformation": "list_stacks",
    "stepfunctions": "list_state_machines",
    "sagemaker": "list_compilation_jobs",
}


@pytest.mark.parametrize(("service", "operation"), CALLS.items(), ids=CALLS)
@pytest.mark.parametrize("key", ["neo-local", "test", "000000000000"])
def test_credentials_of_others_are_refused(
    aws: EmbeddedAws, service: str, operation: str, key: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(client_of(aws, service, key, "neo-local"), operation)()
    error = refused.value.response["Error"]
    assert error["Code"] == "SignatureDoesNotMatch"
    assert "neoctl local env" in error["Message"]


@pytest.mark.parametrize(("service", "operation"), CALLS.items(), ids=CALLS)
def test_an_assumed_roles_credentials_are_taken(
    aws: EmbeddedAws, service: str, operation: str
) -> None:
    sts = aws.client("sts")
    role = "arn:aws:iam::000000000000:role/deploy"
    made = sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    session = (made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    getattr(client_of(aws, service, *session), operation)()


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls_work_as_they_were_signed(aws: EmbeddedAws, version: str) -> None:
    own = aws.variables()
    s3 = boto3.client(
        "s3",
        endpoint_url=own["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=own["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=own["AWS_SECRET_ACCESS_KEY"],
        config=Config(signature_version=version, s3={"addressing_style": "path"}),
    )
    where = {"Bucket": "kept", "Key": f"a folder/é+~({version}).txt"}
    put = urllib.request.Request(
        s3.generate_presigned_url("put_object", where), b"content", {"Content-Type": ""}
    )
    put.method = "PUT"
    assert opened(put) == (200, b"")
    get = s3.generate_presigned_url("get_object", where)
    assert opened(get) == (200, b"content")
    assert opened(get.replace("folder", "elder"))[0] == 403
    assert opened(s3.generate_presigned_url("get_object", where, ExpiresIn=-1))[0] == 403


def opened(what: str | urllib.request.Request) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(what, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def test_nothing_else_listens(aws: EmbeddedAws) -> None:
    own = aws.variables()
    guarded = {
        int(own[name].rpartition(":")[2])
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER")
    }
    tree = processes.descendants(processes.marked(aws.data))
    assert {port for _, port in sockets.listeners(tree)} == guarded


def test_the_data_folder_is_the_users_alone(tmp_path: Path) -> None:
    """Even one that everybody could read before."""
    data = tmp_path / "data"
    embedded = of_its_own(data)
    data.chmod(0o755)
    embedded.start()
    try:
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        modes = {path.name: path.stat().st_mode & 0o077 for path in data.iterdir()}
        assert {name for name, mode in modes.items() if mode and name != "ports.json"} == set()
    finally:
        embedded.stop()


def test_the_secret_survives_a_restart_and_is_of_one_instance_only(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    other = of_its_own(tmp_path / "data")
    secrets = []
    for _ in range(2):
        other.start()
        secrets.append(other.variables()["AWS_SECRET_ACCESS_KEY"])
        other.stop()
    assert len(set(secrets)) == 1
    assert secrets[0] != aws.variables()["AWS_SECRET_ACCESS_KEY"]
    assert len(secrets[0]) >= 40


def test_the_secret_is_on_no_command_line(aws: EmbeddedAws) -> None:
    secret = aws.variables()["AWS_SECRET_ACCESS_KEY"].encode()
    tree = processes.descendants(processes.marked(aws.data))
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in tree]
    assert len(lines) >= 2
    assert [line for line in lines if secret in line] == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_reaches_neither_the_ports_nor_the_data(aws: EmbeddedAws) -> None:
    own = aws.variables()
    urls = [own["AWS_ENDPOINT_URL"], own["AWS_ENDPOINT_URL_SAGEMAKER"]]
    code = (
        "import pathlib, sys, urllib.error, urllib.request\n"
        "for url in sys.argv[1:3]:\n"
        "    try: urllib.request.urlopen(urllib.request.Request(url, b'{}'), timeout=20)\n"
        "    except urllib.error.HTTPError as refusal: print(refusal.code)\n"
        "try: pathlib.Path(sys.argv[3], 'secret').read_text()\n"
        "except PermissionError: print('denied')\n"
    )
    python = shutil.which("python3", path=os.defpath) or sys.executable
    done = subprocess.run(
        [python, "-I", "-c", code, *urls, str(aws.data)],
        capture_output=True,
        text=True,
        check=True,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        env={},
    )
    assert done.stdout.split() == ["403", "403", "denied"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_data_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, NOBODY, NOBODY)
    ran = neoctl("local", "start", "--data", str(data))
    assert ran.returncode == 1
    assert "belongs to another user" in ran.stderr
