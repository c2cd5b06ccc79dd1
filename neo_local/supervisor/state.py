"""What runs, as a small JSON file that the supervising process writes and everyone reads."""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from neo_local.supervisor.settings import Places, Settings


@dataclass(frozen=True, slots=True)
class Part:
    """One server: its process, where it listens, and how it ended if it has."""

    name: str
    pid: int
    port: int
    health: str
    ended: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A supervising process and its servers."""

    pid: int
    settings: Settings
    parts: tuple[Part, ...]

    def write(self) -> None:
        """Replace the file at once, so that no reader sees half of it."""
        path = self.settings.places.state
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.replace(path)


def read_state(places: Places) -> State | None:
    """Return the last state that was written, or None."""
    try:
        raw = json.loads(places.state.read_text())
    except (OSError, ValueError):
        return None
    settings = raw["settings"]
    options = tuple(settings.pop("endpoint_options"))
    return State(
        pid=raw["pid"],
        settings=Settings(**settings, endpoint_options=options),
        parts=tuple(Part(**part) for part in raw["parts"]),
    )


def try_lock(path: Path) -> IO[str] | None:
    """Take the lock of a data folder. Return None if a supervising process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle


def is_running(places: Places) -> bool:
    """Return whether a supervising process lives: the kernel drops its lock when it ends."""
    if not places.lock.exists():
        return False
    handle = try_lock(places.lock)
    if handle is None:
        return True
    handle.close()
    return False


@contextlib.contextmanager
def exclusively(places: Places) -> Iterator[None]:
    """Allow one start or stop of a data folder at a time; others wait."""
    places.data.mkdir(parents=True, exist_ok=True)
    with places.path("control.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
