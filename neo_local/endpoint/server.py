"""The HTTP server: loopback only, behind the guard, one thread per connection."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import traceback
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from neo_local.endpoint import admin
from neo_local.endpoint.dispatch import Dispatcher
from neo_local.endpoint.errors import LostResponse, ServiceError
from neo_local.endpoint.hosting import SERVES_NOTHING
from neo_local.guard import sigv4
from neo_local.guard.guard import Guard
from neo_local.guard.request import Request

MAX_BODY_BYTES = 1 << 20
_AWS_JSON = "application/x-amz-json-1.1"
_JSON = "application/json"
ERROR_TYPE = "x-amzn-ErrorType"
_INVOCATIONS = "/endpoints/"


def _is_open(request: Request) -> bool:
    """Return whether a request is answered unsigned."""
    return request.method == "GET" and request.path == admin.HEALTH


class EndpointServer(ThreadingHTTPServer):
    """Serves a Dispatcher; `server_address` has the port that was taken."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, dispatcher: Dispatcher, secret: str) -> None:
        self.dispatcher = dispatcher
        self.guard = Guard(secret, _is_open)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking the DNS for our name, as the parent would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    @property
    def url(self) -> str:
        host, port = str(self.server_address[0]), self.server_address[1]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Report errors, but for clients that went away."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # a socket


class _Handler(BaseHTTPRequestHandler):
    server: EndpointServer
    protocol_version = "HTTP/1.1"
    server_version = "neo_local"
    sys_version = ""
    timeout = 300
    wbufsize = 1 << 16  # headers and body leave in one packet: no wait for a delayed ACK

    def do_GET(self) -> None:
        self._screened(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            self._refuse(413, f"Content-Length is needed, at most {MAX_BODY_BYTES}")
            return
        self._screened(self.rfile.read(int(length)))

    def _screened(self, body: bytes) -> None:
        guard = self.server.guard
        request = Request.of(self.command, self.path, self.headers.items())
        refusal = guard.screen(request) or guard.verify(request, body)
        if refusal is None:
            self._serve(request, body)
            return
        answer = {"__type": refusal.code, "message": refusal.message}
        self._send(403, answer, _JSON, {ERROR_TYPE: refusal.code})

    def _serve(self, request: Request, body: bytes) -> None:
        if self.path.startswith(admin.PREFIX):
            self._admin(body)
        elif self.command == "POST" and request.path == "/":
            self._aws(request, body)
        elif request.path.startswith(_INVOCATIONS):
            self._send(400, {"message": SERVES_NOTHING}, headers={ERROR_TYPE: "ValidationError"})
        else:
            self._refuse(404, f"unknown path: {self.command} {self.path}")

    def _admin(self, body: bytes) -> None:
        try:
            self._send(200, admin.answer(self.server.dispatcher, self.command, self.path, body))
        except admin.AdminError as problem:
            self._refuse(problem.status, str(problem))

    def _aws(self, request: Request, body: bytes) -> None:
        try:
            self._send(200, self._called(request, body), _AWS_JSON)
        except ServiceError as refusal:
            answer = {"__type": refusal.code, "message": refusal.message}
            self._send(refusal.status, answer, _AWS_JSON, {ERROR_TYPE: refusal.code})
        except LostResponse:
            self.close_connection = True

    def _called(self, request: Request, body: bytes) -> dict[str, Any]:
        signature = sigv4.read(request)
        region = signature.region if signature else ""
        try:
            return self.server.dispatcher.call(request.one("x-amz-target"), body, region)
        except (ServiceError, LostResponse):
            raise
        except Exception as bug:
            traceback.print_exc()
            raise ServiceError("InternalFailure", "An error of the endpoint", 500) from bug

    def _refuse(self, status: int, message: str) -> None:
        self._send(status, {"message": message})

    def _send(
        self,
        status: int,
        answer: dict[str, Any],
        content_type: str = _JSON,
        headers: dict[str, str] | None = None,
    ) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        with contextlib.suppress(ConnectionError):
            self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the call log is at /_neo_local/calls."""
