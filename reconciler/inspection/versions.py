"""Comparing version numbers as far as they are numbers."""

from __future__ import annotations

import re


def parts(version: str) -> tuple[int, ...]:
    """Return the leading numbers: ``2.9.1-rc0`` is (2, 9, 1); empty if there are none."""
    match = re.match(r"\d{1,6}(?:\.\d{1,6}){0,3}", version.strip())
    return tuple(int(part) for part in match.group().split(".")) if match else ()


def newer_than(version: str, newest: str) -> bool:
    """Return whether a version is beyond `newest`, to the precision of `newest`; unknown is not."""
    limit = parts(newest)
    return bool(parts(version)) and parts(version)[: len(limit)] > limit
