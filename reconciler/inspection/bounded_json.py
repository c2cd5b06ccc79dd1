"""Untrusted JSON, parsed only if it cannot expand into much memory."""

from __future__ import annotations

import json
from collections.abc import Mapping

from reconciler.inspection.errors import Damaged, LimitReached
from reconciler.inspection.limits import ReadBudget
from reconciler.inspection.source import ByteSource


def parse(data: bytes, budget: ReadBudget) -> object:
    """Return the value of a JSON text.

    Raises:
        Damaged: It is not valid JSON.
        LimitReached: It holds more than `Limits` allows.
    """
    limits = budget.limits
    if len(data) > limits.text_bytes:
        raise LimitReached(f"a JSON text of {len(data):,} bytes")
    containers, values = data.count(b"[") + data.count(b"{"), data.count(b",")
    if containers > limits.containers or values > limits.values:
        raise LimitReached(f"a JSON text of {containers:,} lists and maps, {values:,} values")
    budget.step(len(data) >> 8)
    try:
        return json.loads(data.decode("utf-8", "replace"))
    except RecursionError:
        raise Damaged("its JSON is nested too deep") from None
    except ValueError as error:
        raise Damaged(f"not valid JSON: {error}") from None


def parse_source(source: ByteSource) -> object:
    """Return the value of a file that is one JSON text."""
    if source.size > source.budget.limits.text_bytes:
        raise LimitReached(f"a JSON text of {source.size:,} bytes")
    return parse(source.head(source.size), source.budget)


def mapping(value: object) -> Mapping[str, object]:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[object]:
    """Return the value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """Return the value if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""
