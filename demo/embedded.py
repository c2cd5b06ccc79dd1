"""The embedded AWS as a Python object: for the demonstration and for the end-to-end tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROOT = Path(__file__).resolve().parent.parent
LOCAL_PYTHON = ROOT / ".venv-local" / "bin" / "python"
NOBODYS = ("AWS_", "CDK_", "NEO_", "PYTHONPATH", "VIRTUAL_ENV")


class EmbeddedError(Exception):
    """The embedded AWS failed; the text is its own."""


def neoctl(*words: str, environment: Mapping[str, str] | None = None) -> str:
    """Run neoctl of this Python and return what it prints; in another environment, if given.

    Raises:
        EmbeddedError: it says that something is wrong.
    """
    program = "from reconciler.cli.main import main; main()"
    command = [sys.executable, "-P", "-c", program, *words]
    ran = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment
    )
    if ran.returncode:
        raise EmbeddedError(ran.stderr.strip() or ran.stdout.strip())
    return ran.stdout


def signed(
    url: str,
    key_id: str,
    secret: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> urllib.request.Request:
    """Return a request signed as AWS's clients do; with a body it is a POST."""
    named = {"Content-Type": "application/json", **(headers or {})}
    request = AWSRequest("GET" if body is None else "POST", url, named, body)
    SigV4Auth(Credentials(key_id, secret), "sagemaker", "us-east-1").add_auth(request)
    return urllib.request.Request(url, body, dict(request.headers))


@dataclass(slots=True)
class EmbeddedAws:
    """One embedded AWS with a data folder of its own."""

    data: Path
    _variables: dict[str, str] = field(default_factory=dict)

    def start(self, *options: str) -> None:
        """Start it unless it runs; it ends with this process at the latest."""
        self._variables = {}
        owner = str(os.getpid())
        neoctl("local", "start", "--data", str(self.data), "--owner", owner, *options)

    def stop(self) -> None:
        """Stop it and everything that it started."""
        self._variables = {}
        neoctl("local", "stop", "--data", str(self.data))

    def variables(self) -> dict[str, str]:
        """Return what `neoctl local env` exports; asked once a start, as a user's shell does."""
        if not self._variables:
            shown = neoctl("local", "env", "--format", "json", "--data", str(self.data))
            self._variables = json.loads(shown)
        return dict(self._variables)

    def environment(self) -> dict[str, str]:
        """Return the environment of a program that uses this AWS, this Python, this Node."""
        own = self.variables()
        tools = [str(Path(sys.executable).parent), own.pop("PATH_PREPEND")]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(NOBODYS)}
        path = os.pathsep.join([*tools, os.environ.get("PATH", os.defpath)])
        return kept | own | {"PATH": path}

    def client(self, service: str) -> Any:
        """Return a boto3 client of one of its services."""
        own = self.variables()
        variable = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
        session = boto3.Session(
            aws_access_key_id=own["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=own["AWS_SECRET_ACCESS_KEY"],
            region_name=own["AWS_REGION"],
        )
        url = own.get(variable, own["AWS_ENDPOINT_URL"])
        return session.client(service, endpoint_url=url)

    def admin(self, page: str, body: bytes | None = None) -> dict[str, Any]:
        """Ask for a page of the endpoint's own: health, calls, jobs, faults."""
        own = self.variables()
        url = f"{own['AWS_ENDPOINT_URL_SAGEMAKER']}/_neo_local/{page}"
        request = signed(url, own["AWS_ACCESS_KEY_ID"], own["AWS_SECRET_ACCESS_KEY"], body)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))

    def switch(self, **switches: object) -> None:
        """Set switches of the endpoint (see neo_local/README.md)."""
        self.admin("faults", json.dumps(switches).encode())

    def creates(self) -> int:
        """Return how many CreateCompilationJob calls it has ever accepted."""
        counts = self.admin("calls")["counts"]
        return int(counts.get("CreateCompilationJob", {}).get("accepted", 0))

    def live(self) -> list[str]:
        """Return the names of the jobs that still run."""
        return [str(job["CompilationJobName"]) for job in self.admin("jobs")["live"]]


def local_python(script: str, *words: str | Path) -> str:
    """Run a script of this folder with the Python that has onnx and the compiler.

    Raises:
        EmbeddedError: it failed; the text is the end of what it said.
    """
    command: Sequence[str | Path] = [LOCAL_PYTHON, "-P", ROOT / "demo" / script, *words]
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if ran.returncode:
        raise EmbeddedError(f"{script}: {ran.stderr.strip()[-2000:]}")
    return ran.stdout
