"""Durations as people write them: ``90``, ``90s``, ``15m``, ``2h``, ``1d``, ``1h30m``."""

from __future__ import annotations

import re
from typing import Final

FORM: Final = r"^([0-9]{1,7}d)?([0-9]{1,7}h)?([0-9]{1,7}m)?([0-9]{1,9}s?)?$"
_PARTS: Final = re.compile(
    r"(?:(?P<d>[0-9]{1,7})d)?(?:(?P<h>[0-9]{1,7})h)?(?:(?P<m>[0-9]{1,7})m)?(?:(?P<s>[0-9]{1,9})s?)?"
)
_SECONDS: Final = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def seconds(text: str) -> int | None:
    """The seconds of a duration, or None if the text is none."""
    match = _PARTS.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    return sum(int(number) * _SECONDS[unit] for unit, number in match.groupdict().items() if number)
