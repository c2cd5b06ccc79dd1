"""`neoctl local` as its user meets it: start, stop, status, env, and what goes wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from neo_local.supervisor import processes, sockets
from neo_local.supervisor.daemon import healthy
from neo_local.supervisor.settings import Places
from neo_local.supervisor.state import Part, State, read_state
from tests.contract.project.test_neoctl import NEOCTL, neoctl
from tests.embedded.aws import ROOT, EmbeddedAws, EmbeddedError, make_role, of_its_own


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[EmbeddedAws]:
    """A running embedded AWS of the test's own."""
    embedded = of_its_own(tmp_path / "data")
    embedded.start()
    try:
        yield embedded
    finally:
        embedded.stop()


def status(aws: EmbeddedAws) -> subprocess.CompletedProcess[str]:
    """Return what `neoctl local status` says."""
    return neoctl("local", "status", "--format", "json", "--data", str(aws.data))


def state(aws: EmbeddedAws) -> State:
    """Return what is written down as running."""
    found = read_state(Places(aws.data))
    assert found is not None
    return found


def test_it_runs_answers_and_listens_on_loopback_only(aws: EmbeddedAws) -> None:
    shown = json.loads(status(aws).stdout)
    assert (shown["running"], shown["sandbox"]) == (True, sys.platform == "linux")
    tree = processes.marked(aws.data)
    ports = {port for _, port in sockets.listeners(tree)}
    assert ports >= {part.port for part in state(aws).parts}
    assert sockets.exposed(tree) == []
    assert aws.client("s3").list_buckets()["Buckets"] == []
    assert aws.client("sagemaker").list_compilation_jobs()["CompilationJobSummaries"] == []


def test_a_second_start_says_so_and_starts_nothing(aws: EmbeddedAws) -> None:
    before = state(aws)
    ran = neoctl("local", "start", "--data", str(aws.data))
    assert (ran.returncode, "already running" in ran.stdout) == (0, True)
    assert state(aws) == before


def test_stop_leaves_no_process_and_keeps_the_data(aws: EmbeddedAws) -> None:
    aws.client("s3").create_bucket(Bucket="kept")
    aws.client("s3").put_object(Bucket="kept", Key="a", Body=b"1")
    pids = processes.marked(aws.data)
    assert len(pids) >= 2
    ports = [part.port for part in state(aws).parts]
    aws.stop()
    assert processes.descendants(pids) == set()
    assert status(aws).returncode == 1
    aws.start()
    assert [part.port for part in state(aws).parts] == ports
    assert aws.client("s3").get_object(Bucket="kept", Key="a")["Body"].read() == b"1"


def test_starts_at_once_part_ways(tmp_path: Path) -> None:
    """All prefer the same two ports, and may take one of them each."""
    each = [EmbeddedAws(tmp_path / str(number)) for number in range(3)]
    try:
        with ThreadPoolExecutor(len(each)) as pool:
            for started in [pool.submit(one.start) for one in each]:
                started.result()
        ports = [part.port for one in each for part in state(one).parts]
        assert len(set(ports)) == 2 * len(each)
    finally:
        for one in each:
            one.stop()


def test_a_dead_ministack_is_noticed_and_started_again_by_its_user(aws: EmbeddedAws) -> None:
    (part,) = (part for part in state(aws).parts if part.name == "ministack")
    os.kill(part.pid, signal.SIGKILL)
    ran = status(aws)
    words = {item["name"]: item["state"] for item in json.loads(ran.stdout)["parts"]}
    assert ran.returncode == 1
    assert words["ministack"] in ("dead (ended by SIGKILL)", "does not answer")
    again = neoctl("local", "start", "--data", str(aws.data))
    assert "started again: ministack" in again.stdout
    assert status(aws).returncode == 0


def test_what_ministack_holds_survives_its_being_killed(aws: EmbeddedAws) -> None:
    role = make_role(aws, "kept", "s3:GetObject")
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    kept = aws.data / "ministack"
    made = {"iam": role, "kms": key.rpartition("/")[2]}
    wait_for(lambda: all(is_written(kept / f"{name}.json", text) for name, text in made.items()))
    (part,) = (part for part in state(aws).parts if part.name == "ministack")
    os.kill(part.pid, signal.SIGKILL)
    assert neoctl("local", "start", "--data", str(aws.data)).returncode == 0
    assert aws.client("iam").get_role(RoleName="kept")["Role"]["Arn"] == role
    assert aws.client("kms").describe_key(KeyId=key)["KeyMetadata"]["Arn"] == key


def test_a_dead_endpoint_is_started_again_at_once_but_not_for_ever(aws: EmbeddedAws) -> None:
    sagemaker, dead = aws.client("sagemaker"), set[int]()
    for _ in range(3):
        (pid,) = (part.pid for part in state(aws).parts if part.name == "endpoint")
        dead.add(pid)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: endpoint_of(aws).pid not in dead)
        wait_for(lambda: healthy(endpoint_of(aws).health))
    assert sagemaker.list_compilation_jobs()["CompilationJobSummaries"] == []
    os.kill(endpoint_of(aws).pid, signal.SIGKILL)
    wait_for(lambda: endpoint_of(aws).ended != "")
    assert status(aws).returncode == 1


def is_written(file: Path, text: str) -> bool:
    return file.exists() and text in file.read_text()


def endpoint_of(aws: EmbeddedAws) -> Part:
    (part,) = (part for part in state(aws).parts if part.name == "endpoint")
    return part


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_servers_do_not_outlive_a_killed_supervisor(aws: EmbeddedAws) -> None:
    os.kill(state(aws).pid, signal.SIGKILL)
    ran = neoctl("local", "start", "--data", str(aws.data))
    assert ran.returncode == 0, ran.stderr
    alive = {part.pid for part in state(aws).parts}
    assert {pid for pid in processes.marked(aws.data) if pid in alive} == alive
    assert len(processes.marked(aws.data)) == 2


def test_it_ends_with_its_owner_even_if_that_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with subprocess.Popen(["sleep", "600"]) as owner:
        ran = neoctl("local", "start", "--data", str(data), "--owner", str(owner.pid))
        assert ran.returncode == 0, ran.stderr
        assert len(processes.marked(data)) == 2
        owner.kill()
    deadline = time.monotonic() + 30
    while processes.marked(data) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes.marked(data) == set()
    assert "not running" in neoctl("local", "status", "--data", str(data)).stdout


def test_env_has_what_clients_need_and_no_other_credentials(aws: EmbeddedAws) -> None:
    script = 'eval "$1"; printf "%s %s %s" "$AWS_ENDPOINT_URL" "$AWS_ACCESS_KEY_ID" "$AWS_PROFILE"'
    lines = neoctl("local", "env", "--data", str(aws.data)).stdout
    env = {"AWS_PROFILE": "mine", "AWS_ACCESS_KEY_ID": "mine", "PATH": os.environ["PATH"]}
    ran = subprocess.run(
        ["bash", "-c", script, "x", lines], env=env, capture_output=True, text=True
    )
    assert ran.stdout == f"{aws.variables()['AWS_ENDPOINT_URL']} neo-local "
    assert (
        "AWS_ENDPOINT_URL_SAGEMAKER"
        in neoctl("local", "env", "--format", "fish", "--data", str(aws.data)).stdout
    )


def test_nothing_is_exported_of_one_that_does_not_run(tmp_path: Path) -> None:
    ran = neoctl("local", "env", "--data", str(tmp_path))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "neoctl local start" in ran.stderr


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        ran = neoctl("local", "start", "--data", str(tmp_path / "data"), "--port", port)
    assert ran.returncode == 1
    assert f"port {port} of 127.0.0.1 or ::1 is used by another program" in ran.stderr


def test_a_server_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho the reason >&2\nexit 3\n")
    broken.chmod(0o755)
    data = str(tmp_path / "data")
    ran = neoctl("local", "start", "--data", data, "--python", str(broken))
    assert ran.returncode == 1
    assert "ministack did not start: exit code 3" in ran.stderr
    assert "the reason" in ran.stderr
    assert processes.marked(Path(data)) == set()


def test_stop_of_one_that_does_not_run_is_no_error(tmp_path: Path) -> None:
    ran = neoctl("local", "stop", "--data", str(tmp_path / "nothing"))
    assert (ran.returncode, ran.stdout) == (0, "embedded AWS: not running\n")


def test_children_that_ignore_sigterm_are_ended_too(aws: EmbeddedAws) -> None:
    (part,) = (part for part in state(aws).parts if part.name == "ministack")
    os.kill(part.pid, signal.SIGSTOP)
    aws.stop()
    assert processes.marked(aws.data) == set()


def test_a_tool_that_needs_the_missing_environment_says_how_to_make_it(tmp_path: Path) -> None:
    from reconciler.cli import local_environment

    assert local_environment.find(tmp_path / "no" / "neo_local", tmp_path) is None
    assert "neoctl local start --install" in local_environment.missing(tmp_path)


def test_errors_of_the_embedded_aws_reach_python(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="not running"):
        EmbeddedAws(tmp_path).variables()


@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare, of util-linux, is missing")
def test_a_missing_sandbox_is_reported(tmp_path: Path) -> None:
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    within = ["unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh"]
    words = ["local", "start", "--data", str(tmp_path / "data"), "--owner", str(os.getpid())]
    ran = subprocess.run([*within, *NEOCTL, *words], capture_output=True, text=True, cwd=ROOT)
    embedded = EmbeddedAws(tmp_path / "data")
    try:
        assert ran.returncode == 0, ran.stderr
        assert "WITHOUT A SANDBOX" in ran.stderr
        shown = neoctl("local", "status", "--data", str(embedded.data))
        assert "WITHOUT A SANDBOX" in shown.stderr
        assert shown.returncode == 0
        assert json.loads(status(embedded).stdout)["sandbox"] is False
    finally:
        embedded.stop()
