"""``python -m neo_local.endpoint`` as a program: its arguments, its start, its end."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.embedded.aws import signed
from tests.fakes.endpoint import KEY_ID, SECRET, create_request
from tests.paths import ROOT

UNCHECKED = ("--switch", "access_checks=false")
NOBODY = "http://127.0.0.1:9"  # the discard port: no S3 is there


@dataclass
class Program:
    process: subprocess.Popen[str]
    url: str

    def client(self) -> Any:
        return boto3.client(
            "sagemaker",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
        )

    def admin(self, page: str) -> Any:
        request = signed(f"{self.url}/_neo_local/{page}", KEY_ID, SECRET)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoint takes the secret of its environment for its callers'."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "neo_local.endpoint", *map(str, arguments)]


@contextlib.contextmanager
def program(data: Path, *arguments: str) -> Iterator[Program]:
    process = subprocess.Popen(
        command("--data", data, "--aws-endpoint-url", NOBODY, *UNCHECKED, *arguments),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        ready = process.stdout.readline()
        assert ready.startswith("neo_local endpoint ready at http://")
        yield Program(process, ready.split()[-1])
    finally:
        process.kill()
        process.communicate()


def test_it_says_when_it_is_ready_and_ends_at_sigterm(tmp_path: Path) -> None:
    with program(tmp_path) as endpoint:
        assert endpoint.admin("health")["account"] == "000000000000"
        endpoint.process.send_signal(signal.SIGTERM)
        assert endpoint.process.wait(10) == 0


def test_it_listens_on_ipv6s_loopback_too(tmp_path: Path) -> None:
    with program(tmp_path, "--host", "::1") as endpoint:
        assert endpoint.url.startswith("http://[::1]:")
        assert endpoint.admin("health")["status"] == "ok"


def test_no_answer_that_was_given_is_lost_by_a_kill(tmp_path: Path) -> None:
    with program(tmp_path, "--switch", "hold_jobs=true") as endpoint:
        for number in range(5):
            endpoint.client().create_compilation_job(**create_request(f"job-{number}"))
        endpoint.client().stop_compilation_job(CompilationJobName="job-4")
        endpoint.process.kill()
        endpoint.process.wait(10)
    leftover = tmp_path / "work" / "of-a-killed-job"
    leftover.mkdir(parents=True)
    with program(tmp_path, "--switch", "hold_jobs=true") as endpoint:
        found = endpoint.client().list_compilation_jobs(SortBy="Name")["CompilationJobSummaries"]
        statuses = [job["CompilationJobStatus"] for job in found]
        assert statuses[:2] == ["FAILED", "FAILED"]  # they ran
        assert set(statuses[2:4]) <= {"STARTING", "INPROGRESS"}  # they waited
        assert statuses[4] == "STOPPED"
        assert endpoint.admin("calls")["counts"]["CreateCompilationJob"] == {"accepted": 5}
        assert not leftover.exists()


def test_an_s3_that_is_not_there_fails_the_job_with_a_hint(tmp_path: Path) -> None:
    with program(tmp_path) as endpoint:
        client = endpoint.client()
        client.create_compilation_job(**create_request("job"))
        while (job := client.describe_compilation_job(CompilationJobName="job"))[
            "CompilationJobStatus"
        ] != "FAILED":
            assert job["CompilationJobStatus"] in ("STARTING", "INPROGRESS")
        assert job["FailureReason"].startswith("ServerError: Could not connect to the endpoint URL")


def test_a_port_in_use_is_reported(tmp_path: Path) -> None:
    with program(tmp_path / "one") as endpoint:
        port = endpoint.url.rsplit(":", 1)[1]
        second = subprocess.run(
            command("--data", tmp_path / "two", "--port", port),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert second.stderr == f"127.0.0.1:{port}: Address already in use\n"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "--data"),
        (["--host", "0.0.0.0"], "--host"),
        (["--switch", "nonsense=1"], "unknown switch 'nonsense'"),
        (["--switch", "throttle_rate=high"], 'throttle_rate: got "high", allowed is a number'),
        (["--port", "http"], "--port"),
        (["--slots", "0"], "--slots"),
    ],
)
def test_bad_arguments_are_reported(tmp_path: Path, arguments: list[str], word: str) -> None:
    data = ["--data", str(tmp_path)] if arguments else []
    done = subprocess.run(
        command(*data, *arguments), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_secret_it_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    done = subprocess.run(
        command("--data", tmp_path), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "AWS_SECRET_ACCESS_KEY is not set" in done.stderr


def test_help_lists_switches_and_pages() -> None:
    done = subprocess.run(command("--help"), cwd=ROOT, capture_output=True, text=True, check=True)
    for word in ("lost_responses", "iam_lag_seconds", "/_neo_local/faults", "/_neo_local/calls"):
        assert word in done.stdout
