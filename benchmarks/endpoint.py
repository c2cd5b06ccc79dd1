"""A warm endpoint that answers at once, as SageMaker and STS answer for an empty account."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
AWS_CLI: Final = ROOT / ".venv-awscli" / "bin" / "aws"
"""The AWS CLI, pinned in requirements/awscli.txt; `make bench` installs it."""
_LISTED: Final = b'{"CompilationJobSummaries": []}'
_IDENTITY: Final = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    b"<GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ci</Arn>"
    b"<UserId>AIDA</UserId><Account>111122223333</Account></GetCallerIdentityResult>"
    b"</GetCallerIdentityResponse>"
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        target = self.headers.get("X-Amz-Target", "")
        kind, body = ("text/xml", _IDENTITY)
        if target.endswith("ListCompilationJobs"):
            kind, body = ("application/x-amz-json-1.1", _LISTED)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Write no log."""


@cache
def environment() -> dict[str, str]:
    """Start the endpoint; return the environment of a process that uses it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    return {
        "PATH": os.defpath, "HOME": "/nonexistent", "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip


def elapsed(command: Sequence[str]) -> Callable[[], float]:
    """Measure the milliseconds from a process's start to its end, beside the endpoint.

    Raises:
        RuntimeError: the process fails.
    """

    def measure() -> float:
        began = time.perf_counter()
        done = subprocess.run(
            command, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        took = (time.perf_counter() - began) * 1e3
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode()}")
        return took

    return measure
