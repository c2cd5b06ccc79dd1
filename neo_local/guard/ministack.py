"""MiniStack behind the guard: the ASGI application that hypercorn serves."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from neo_local.cloudformation.progress import show_progress
from neo_local.cloudformation.registry import register
from neo_local.guard import sigv4
from neo_local.guard.guard import Guard, Refusal
from neo_local.guard.relay import Relay
from neo_local.guard.request import Request
from neo_local.ministack.checkpoints import with_checkpoints
from neo_local.ministack.function_logs import wait_for_log_lines
from neo_local.ministack.job_roles import enforce_for_jobs
from neo_local.ministack.managed_keys import make_managed_keys
from neo_local.ministack.one_secret import issue_one_secret

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

HEALTH = "/_ministack/health"
MAX_HASHED_BYTES = 128 << 20  # a Lambda function's code in a request; S3's clients send a hash
_TOO_LARGE = f"a body whose hash is not in a header may have at most {MAX_HASHED_BYTES} bytes"
_XML_SERVICES = frozenset(("s3", "sts", "iam", "cloudformation", "sns", "ec2", "monitoring"))
_CALLBACK = re.compile(r"/_ministack/cfn-(response|signal)/[0-9a-f-]{36}")


class BodyTooLarge(Exception):
    """A body that would have to be held in memory to be checked."""


def is_open(request: Request) -> bool:
    """Return whether MiniStack answers it unsigned: health, and callbacks to a random path."""
    if request.method == "PUT":
        return _CALLBACK.fullmatch(request.path) is not None
    return request.method in ("GET", "HEAD") and request.path == HEALTH


@dataclass(frozen=True, slots=True)
class Guarded:
    """An ASGI application behind the guard, without CORS and without web sockets.

    Attributes:
        relay: The way of requests for SageMaker.
    """

    application: Application
    guard: Guard
    relay: Relay

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._serve(scope, receive, send)
            case "lifespan":
                await self.application(scope, receive, send)
            case _:
                await send({"type": "websocket.close", "code": 1008})

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        request = _request(scope)
        body: list[Message] = []
        refusal = self.guard.screen(request)
        if refusal is None:
            try:
                body = await _read(receive) if self.guard.needs_body(request) else []
            except BodyTooLarge:
                await _refuse(send, 413, request, Refusal("RequestTooLarge", _TOO_LARGE))
                return
            refusal = self.guard.verify(request, b"".join(part.get("body", b"") for part in body))
        if refusal is not None:
            await _refuse(send, 403, request, refusal)
            return
        if self.relay.takes(request):
            await self._relay(request, _replayed(body, receive), send)
            return
        await self.application(scope, _replayed(body, receive), _without_cors(send))

    async def _relay(self, request: Request, receive: Receive, send: Send) -> None:
        try:
            body = await _read(receive)
        except BodyTooLarge:
            await _refuse(send, 413, request, Refusal("RequestTooLarge", _TOO_LARGE))
            return
        answer = await self.relay.send(request, b"".join(part.get("body", b"") for part in body))
        headers = list(answer.headers)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


def _request(scope: Message) -> Request:
    target = scope["raw_path"].partition(b"?")[0] + b"?" + scope["query_string"]
    headers = ((n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"])
    return Request.of(scope["method"], target.decode("latin-1"), headers)


async def _read(receive: Receive) -> list[Message]:
    """Read the messages of a body to its end, to be received again."""
    parts: list[Message] = []
    size = 0
    while not parts or (parts[-1]["type"] == "http.request" and parts[-1].get("more_body")):
        parts.append(await receive())
        size += len(parts[-1].get("body", b""))
        if size > MAX_HASHED_BYTES:
            raise BodyTooLarge
    return parts


def _replayed(parts: list[Message], receive: Receive) -> Receive:
    waiting = iter(parts)

    async def again() -> Message:
        part = next(waiting, None)
        return part if part is not None else await receive()

    return again


def _without_cors(send: Send) -> Send:
    async def forward(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [
                (name, value)
                for name, value in message.get("headers", [])
                if not name.lower().startswith(b"access-control-")
            ]
            message = {**message, "headers": kept}
        await send(message)

    return forward


async def _refuse(send: Send, status: int, request: Request, refusal: Refusal) -> None:
    content_type, body = _error(request, refusal)
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _error(request: Request, refusal: Refusal) -> tuple[str, bytes]:
    """Return the error in the form that the clients of the service read."""
    signature = sigv4.read(request)
    if signature is None or signature.service not in _XML_SERVICES:
        text = json.dumps({"__type": refusal.code, "message": refusal.message})
        return "application/json", text.encode()
    error = (
        f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
    )
    if signature.service != "s3":
        error = f"<ErrorResponse>{error}</ErrorResponse>"
    return "application/xml", error.encode()


def application() -> Application:
    """Return MiniStack behind a guard with the secret of its environment, which it issues too."""
    secret = os.environ["AWS_SECRET_ACCESS_KEY"]
    issue_one_secret(secret)
    make_managed_keys()
    wait_for_log_lines()
    register()
    show_progress()
    endpoint = urlsplit(os.environ["AWS_ENDPOINT_URL_SAGEMAKER"])
    relay = Relay("127.0.0.1", endpoint.port or 80)
    ministack = with_checkpoints(enforce_for_jobs(import_module("ministack.app").app))
    return Guarded(ministack, Guard(secret, is_open), relay)
