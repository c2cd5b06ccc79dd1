"""Parts of this library's constructs for which rule packs have known findings."""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """A part of a construct whose resources are known to be as they are for a reason."""

    PROVIDER = "provider"
    SCHEDULE = "schedule"
    STATE = "state"
    JOBS = "jobs"
    MODEL = "model"


_marked: dict[str, Part] = {}


def mark(path: str, part: Part) -> None:
    """Mark the construct at this path, and all below it, as such a part."""
    _marked[path] = part


def part_of(path: str) -> Part | None:
    """Return the part that a resource belongs to, if any."""
    steps = path.split("/")
    for count in range(len(steps), 0, -1):
        found = _marked.get("/".join(steps[:count]))
        if found is not None:
            return found
    return None
