"""IAM enforced for compilation jobs: what one does with its role is what the role may do.

MiniStack enforces IAM for every request or for none (AUTH). Its flag is replaced by one that says
yes for the requests of a job's session, whose name is the service's. Policies find what they would
find with the service: calls of KMS come by way of S3, calls of S3 from the job's VPC.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from neo_local.access.clients import AS_SERVICE, SOURCE_ENDPOINT, SOURCE_VPC
from neo_local.access.roles import SESSION

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
_source: ContextVar[Mapping[str, str] | None] = ContextVar("neo_local_source", default=None)
"""Condition keys of where a job's request comes from; None for a request that is no job's."""


_as_service: ContextVar[bool] = ContextVar("neo_local_as_service", default=False)
"""Whether a request assumes a role as SageMaker, which MiniStack knows no principal for."""


@dataclass(frozen=True, slots=True)
class Enforcement:
    """MiniStack's flag AUTH, asked anew for each request."""

    always: bool

    def __bool__(self) -> bool:
        return not _as_service.get() and (self.always or _source.get() is not None)


def enforce_for_jobs(application: Application) -> Application:
    """Return the application with IAM enforced for the sessions of jobs.

    What is replaced is MiniStack's own and private; its version is pinned.
    """
    ministack: Any = import_module("ministack.app")
    sessions: Mapping[str, Any] = import_module("ministack.services.sts")._sessions
    ministack.AUTH = Enforcement(bool(ministack.AUTH))
    _give_conditions()

    async def enforced(scope: Message, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        session = sessions.get(_key_id(headers), {})
        of_a_job = str(session.get("UserId", "")).endswith(f":{SESSION}")
        source = _source.set(_conditions(headers) if of_a_job else None)
        as_service = _as_service.set(_assumes_as_service(headers))
        try:
            await application(scope, receive, send)
        finally:
            _as_service.reset(as_service)
            _source.reset(source)

    return enforced


def _key_id(headers: Mapping[bytes, bytes]) -> str:
    """Return the access key that a request is signed with; the guard has verified it."""
    signed = headers.get(b"authorization", b"").partition(b"Credential=")[2]
    return signed.partition(b"/")[0].decode("latin-1")


def _assumes_as_service(headers: Mapping[bytes, bytes]) -> bool:
    of_sts = b"/sts/aws4_request" in headers.get(b"authorization", b"")
    return of_sts and AS_SERVICE.encode() in headers


def _conditions(headers: Mapping[bytes, bytes]) -> Mapping[str, str]:
    named = {"aws:SourceVpc": SOURCE_VPC, "aws:SourceVpce": SOURCE_ENDPOINT}
    values = {key: headers.get(name.encode(), b"").decode() for key, name in named.items()}
    return {key: value for key, value in values.items() if value}


def _give_conditions() -> None:
    """Have MiniStack's policy engine find the conditions of a job's request."""
    evaluator: Any = import_module("ministack.core.iam_evaluator")
    enforce = evaluator.enforce

    def enforced(key_id: str, action: str, service: str, region: str, **more: Any) -> Any:  # noqa: ANN401 - MiniStack's
        source = _source.get()
        if source is not None:
            via = {"kms:ViaService": f"s3.{region}.amazonaws.com"} if service == "kms" else {}
            more["service_context"] = {**(more.get("service_context") or {}), **source, **via}
        return enforce(key_id, action, service, region, **more)

    evaluator.enforce = enforced
