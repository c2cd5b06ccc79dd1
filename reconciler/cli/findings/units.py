"""Times and sizes as people read them."""

from __future__ import annotations

from typing import Final

NOTHING: Final = "-"
"""What stands for a value that is not known."""
_TIMES: Final = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "m"), (60, "m", 1, "s"))
_SIZES: Final = ("B", "KiB", "MiB", "GiB", "TiB")


def seconds_text(seconds: float | None) -> str:
    """Return a duration by its two largest units: 3d4h, 2h5m, 4m12s, 9s."""
    if seconds is None:
        return NOTHING
    whole = max(int(seconds), 0)
    for unit, name, lesser, lesser_name in _TIMES:
        if whole >= unit:
            rest = whole % unit // lesser
            return f"{whole // unit}{name}{f'{rest}{lesser_name}' if rest else ''}"
    return f"{whole}s"


def bytes_text(size: int | None) -> str:
    """Return a size with three digits at most: 512 B, 12.3 MiB."""
    if size is None:
        return NOTHING
    value, unit = float(size), 0
    while value >= 1000 and unit < len(_SIZES) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.3g} {_SIZES[unit]}"
