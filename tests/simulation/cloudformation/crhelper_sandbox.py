"""crhelper's own code in virtual time: its clock, network, clients and chance are the model's.

Its modules are imported as they are; what they import from outside is replaced in them once, by
what looks up the model that the running thread works for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, Protocol

from crhelper import resource_helper, utils


class Outside(Protocol):
    """What a Lambda function has to do with: time, HTTPS, clients, chance."""

    def sleep(self, seconds: float) -> None: ...

    def timer(self, seconds: float, action: Callable[[], object]) -> Callable[[], None]:
        """Plan an action in the sandbox; return what cancels it."""
        ...

    def put(self, path: str, body: str) -> str:
        """Send an answer to CloudFormation; return the HTTP status. Raises OSError."""
        ...

    def client(self, service: str) -> object: ...

    def choice(self, letters: str) -> str: ...


outside: ContextVar[Outside] = ContextVar("outside")
"""That of the sandbox that runs in this thread."""


class _Timer:
    """`threading.Timer`, in virtual time."""

    def __init__(self, seconds: float, action: Callable[[], object]) -> None:
        self._seconds, self._action = seconds, action
        self._cancel: Callable[[], None] = lambda: None

    def start(self) -> None:
        self._cancel = outside.get().timer(self._seconds, self._action)

    def cancel(self) -> None:
        self._cancel()


class _Connection:
    """`http.client.HTTPSConnection`, to the place where CloudFormation takes answers."""

    def __init__(self, host: str, context: object) -> None:
        self._reason = ""

    def request(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> None:
        self._reason = outside.get().put(url, body)

    def getresponse(self) -> Any:
        return SimpleNamespace(reason=self._reason)


def _sleep(seconds: float) -> None:
    outside.get().sleep(seconds)


def _client(service: str, **options: object) -> object:
    return outside.get().client(service)


def _choice(letters: str) -> str:
    return outside.get().choice(letters)


vars(resource_helper).update(
    boto3=SimpleNamespace(client=_client),
    threading=SimpleNamespace(Timer=_Timer),
    log_helper=SimpleNamespace(setup=lambda *words, **more: None),
    random=SimpleNamespace(choice=_choice),
)
vars(utils).update(
    HTTPSConnection=_Connection,
    time=SimpleNamespace(sleep=_sleep),
    ssl=SimpleNamespace(
        create_default_context=lambda purpose: None, Purpose=SimpleNamespace(SERVER_AUTH=None)
    ),
)
resource_helper.CfnResource._wait_for_cwlogs.__defaults__ = (_sleep,)  # type: ignore[attr-defined]
logging.getLogger("crhelper").setLevel(logging.CRITICAL + 1)
