"""JSON pointers (RFC 6901)."""

from __future__ import annotations


def pointer(*steps: str | int) -> str:
    """Return the pointer of these steps: ``/data/1``."""
    return "".join([f"/{escaped(str(step))}" for step in steps])


def escaped(step: str) -> str:
    """Return a step as it stands in a pointer."""
    return step.replace("~", "~0").replace("/", "~1")


def steps_of(text: str) -> list[str]:
    """Return a pointer's steps. Raise ValueError for text that is not a pointer."""
    if text and not text.startswith("/"):
        raise ValueError(f"{text!r} is not a JSON pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def step_into(node: object, step: str) -> str | int:
    """Return a step as it indexes a node: a number in a list, a name elsewhere."""
    return int(step) if isinstance(node, list) else step
