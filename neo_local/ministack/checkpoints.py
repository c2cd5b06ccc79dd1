"""MiniStack's state on disk while it runs: by itself it writes it at a clean end only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from neo_local.ministack.job_roles import Application, Message, Receive, Send

QUIET_SECONDS, LATEST_SECONDS = 1.0, 15.0
_READING = ("GET", "HEAD")


class Timer(Protocol):
    """A call that was planned."""

    def cancel(self) -> None: ...


class Timers(Protocol):
    """What is needed of an event loop: its clock, and calls at a time."""

    def time(self) -> float: ...
    def call_at(self, when: float, callback: Callable[[], None], /) -> Timer: ...


@dataclass(slots=True)
class Checkpoints:
    """Saves once no request has come for a while, and after some time in any case.

    Runs in the event loop's own thread, between two requests.
    """

    save: Callable[[], None]
    quiet_seconds: float = QUIET_SECONDS
    latest_seconds: float = LATEST_SECONDS
    _next: Timer | None = field(default=None, init=False)
    _latest: float = field(default=0.0, init=False)

    def note_change(self, timers: Timers) -> None:
        """Plan a checkpoint, since something may have changed."""
        if self._next is None:
            self._latest = timers.time() + self.latest_seconds
        else:
            self._next.cancel()
        due = min(timers.time() + self.quiet_seconds, self._latest)
        self._next = timers.call_at(due, self._save)

    def _save(self) -> None:
        self._next = None
        self.save()


def with_checkpoints(application: Application) -> Application:
    """Return the application, saved now and then after requests that may change something.

    What is called is MiniStack's own and private; its version is pinned.
    """
    checkpoints = Checkpoints(_save_all)
    logging.getLogger("persistence").setLevel(logging.WARNING)  # a line for each service otherwise

    async def saved(scope: Message, receive: Receive, send: Send) -> None:
        await application(scope, receive, send)
        if scope["type"] == "http" and scope["method"] not in _READING:
            checkpoints.note_change(asyncio.get_running_loop())

    return saved


def _save_all() -> None:
    ministack: Any = import_module("ministack.app")
    import_module("ministack.core.persistence").save_all(ministack._build_persistence_save_dict())
