"""Requests for SageMaker, relayed to its endpoint: one address answers for every service.

Clients older than service-specific endpoints (AWS CLI before 2.13), and all that are given
``--endpoint-url`` alone, send everything to MiniStack's port.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass

from neo_local.guard import sigv4
from neo_local.guard.request import Request

DIRECT = "x-neo-local-direct"
"""The header with which the endpoint asks MiniStack's own Tagging API."""
_ADMIN = "/_neo_local/"
_SERVICES = ("sagemaker", "tagging")
_PER_CONNECTION = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length"))


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Relay:
    """The way to the endpoint."""

    host: str
    port: int

    @staticmethod
    def takes(request: Request) -> bool:
        """Return whether a request is for the endpoint: by its path, or what it is signed for."""
        if request.path.startswith(_ADMIN):
            return True
        signature = sigv4.read(request)
        return (
            signature is not None
            and signature.service in _SERVICES
            and not (signature.service == "tagging" and request.all(DIRECT))
        )

    async def send(self, request: Request, body: bytes) -> Answer:
        """Send a request on as it was signed, and return the answer.

        An endpoint that is down, or that drops the answer, becomes a 503 or 500, which clients
        try again.
        """
        try:
            reader, writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            return _failed(503, "ServiceUnavailable", "the SageMaker endpoint is not running")
        try:
            writer.write(_written(request, body))
            await writer.drain()
            return _read(await reader.read())
        except OSError:
            return _lost()
        finally:
            writer.close()


def _written(request: Request, body: bytes) -> bytes:
    target = f"{request.path}?{request.query}" if request.query else request.path
    kept = [(name, value) for name, value in request.headers if name not in _PER_CONNECTION]
    lines = [
        f"{request.method} {target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in kept),
        f"content-length: {len(body)}",
        "connection: close",
    ]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


def _read(raw: bytes) -> Answer:
    head, separator, body = raw.partition(b"\r\n\r\n")
    if not separator:
        return _lost()
    status, *lines = head.split(b"\r\n")
    pairs = (line.partition(b":")[::2] for line in lines)
    return Answer(int(status.split()[1]), tuple(_kept(pairs, len(body))), body)


def _kept(pairs: Iterable[tuple[bytes, bytes]], size: int) -> Iterable[tuple[bytes, bytes]]:
    for name, value in pairs:
        if name.lower().decode("latin-1") not in _PER_CONNECTION:
            yield name.lower(), value.strip()
    yield b"content-length", str(size).encode()


def _lost() -> Answer:
    return _failed(500, "InternalFailure", "the SageMaker endpoint gave no answer")


def _failed(status: int, code: str, message: str) -> Answer:
    body = json.dumps({"__type": code, "message": message}).encode()
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amzn-errortype": code,
        "content-length": str(len(body)),
    }
    encoded = tuple((name.encode(), value.encode()) for name, value in headers.items())
    return Answer(status, encoded, body)
