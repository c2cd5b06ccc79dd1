"""Where each value of a document stands in its text.

A place is an offset for a scalar, and for a map or list its offset with the places of what is in
it. Places are built beside the values and looked up only when something is reported.
"""

from __future__ import annotations

from typing import TypeAlias

MapEntries: TypeAlias = "dict[str, tuple[int, Place]]"
Place: TypeAlias = "int | tuple[int, MapEntries] | tuple[int, list[Place]]"
Step: TypeAlias = str | int


def path_of(steps: tuple[Step, ...]) -> str:
    """A path as people read it: ``models.resnet18.targets[1]``."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def offset_of(place: Place) -> int:
    """Where a value begins."""
    return place if isinstance(place, int) else place[0]


def find(place: Place, steps: tuple[Step, ...], *, key: bool = False) -> int:
    """The offset of the value that a path leads to, or of the last one on the way that exists.

    With ``key``, the offset of the key that the path ends with instead of its value's.
    """
    offset = offset_of(place)
    for number, step in enumerate(steps):
        if isinstance(place, int):
            return offset
        entries = place[1]
        if isinstance(entries, dict):
            entry = entries.get(str(step))
            if entry is None:
                return offset
            at_key, place = entry
            if key and number == len(steps) - 1:
                return at_key
        elif isinstance(step, int) and step < len(entries):
            place = entries[step]
        else:
            return offset
        offset = offset_of(place)
    return offset


def reaches(place: Place, steps: tuple[Step, ...]) -> bool:
    """Whether a path leads to a value of the document."""
    for step in steps:
        entries = None if isinstance(place, int) else place[1]
        if isinstance(entries, dict) and step in entries:
            place = entries[str(step)][1]
        elif isinstance(entries, list) and isinstance(step, int) and step < len(entries):
            place = entries[step]
        else:
            return False
    return True
