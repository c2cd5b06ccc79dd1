"""What a web page in a real browser reaches of the embedded AWS: nothing."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.embedded.aws import EmbeddedAws
from tests.embedded.supervisor.test_guard import LAMBDA_BODY, functions

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
PATIENCE_SECONDS = 60.0
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH: apt install chromium"),
]
PAGE = """<!doctype html><form id=form method=post enctype=text/plain target=sink
action="%(aws)s/_ministack/reset"><input name=a value=b></form><iframe name=sink></iframe><script>
const outcomes = {};
const attack = (name, url, options) => fetch(url, {method: "POST", ...options}).then(
  (answer) => { outcomes[name] = answer.type; }, () => { outcomes[name] = "refused"; });
const open = (url) => new Promise((done) => {
  const socket = new WebSocket(url);
  socket.onopen = () => done("open");
  socket.onerror = () => done("refused");
});
const submitted = () => new Promise((done) => {
  document.querySelector("iframe").onload = () => done("sent");
  document.getElementById("form").submit();
});
onload = async () => {
  const body = %(body)s, mode = "no-cors", switches = '{"hold_jobs": true}';
  await attack("create", "%(aws)s/2015-03-31/functions", {mode, body});
  await attack("reset", "%(aws)s/_ministack/reset", {mode});
  await attack("switch", "%(neo)s/_neo_local/faults", {mode, body: switches});
  await attack("read", "%(aws)s/_ministack/health", {method: "GET"});
  await attack("preflight", "%(aws)s/", {headers: {"X-Amz-Target": "x"}, body});
  outcomes.socket = await open("%(aws)s/mqtt".replace("http", "ws"));
  outcomes.form = await submitted();
  fetch("/", {method: "POST", body: JSON.stringify(outcomes)});
};
</script>"""
# Opaque: the browser did send the request, and lets the page read nothing of the answer.
EXPECTED = {
    **{"create": "opaque", "reset": "opaque", "switch": "opaque", "form": "sent"},
    **{"read": "refused", "preflight": "refused", "socket": "refused"},
}


class ForeignPage(ThreadingHTTPServer):
    """A page of somebody else, on another port of loopback; it posts what its attacks came to."""

    daemon_threads = True

    def __init__(self, content: str) -> None:
        self.content = content.encode()
        self.outcomes: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: ForeignPage

    def do_GET(self) -> None:
        self._answer(self.server.content)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"")
        self.server.outcomes.put(json.loads(body))

    def _answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def page(aws: EmbeddedAws) -> Iterator[ForeignPage]:
    own = aws.variables()
    urls = {"aws": own["AWS_ENDPOINT_URL"], "neo": own["AWS_ENDPOINT_URL_SAGEMAKER"]}
    server = ForeignPage(PAGE % {**urls, "body": json.dumps(LAMBDA_BODY)})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def chromium(profile: Path, *words: str) -> subprocess.Popen[str]:
    """Start a headless browser with a profile of its own."""
    assert CHROMIUM is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    return subprocess.Popen(
        [CHROMIUM, *options, f"--user-data-dir={profile}", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "HOME": str(profile)},
    )


def document(profile: Path, *words: str) -> str:
    """Return the document that a browser shows."""
    with chromium(profile, "--dump-dom", *words) as browser:
        return browser.communicate(timeout=PATIENCE_SECONDS)[0]


def test_a_page_reaches_nothing(aws: EmbeddedAws, page: ForeignPage, tmp_path: Path) -> None:
    with chromium(tmp_path, "--remote-debugging-port=0", page.url) as browser:
        try:
            assert page.outcomes.get(timeout=PATIENCE_SECONDS) == EXPECTED
        finally:
            browser.terminate()
    assert functions(aws) == []
    assert [one["Name"] for one in aws.client("s3").list_buckets()["Buckets"]] == ["kept"]
    assert aws.admin("faults")["hold_jobs"] is False


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("AWS_ENDPOINT_URL", "/_ministack/health"),
        ("AWS_ENDPOINT_URL_SAGEMAKER", "/_neo_local/health"),
    ],
)
def test_a_rebound_name_reads_nothing(
    aws: EmbeddedAws, tmp_path: Path, name: str, path: str
) -> None:
    url = aws.variables()[name] + path
    rebound = url.replace("localhost", "evil.example")
    rules = "--host-resolver-rules=MAP evil.example 127.0.0.1"
    assert "unknown Host header" in document(tmp_path, rules, rebound)
    assert "unknown Host header" not in document(tmp_path, url)
