"""Values as text for people. What comes from elsewhere is made safe: no name steers a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text on one line, with a mark in place of each control character."""
    if text.isprintable():
        return text
    return "".join(
        " " if letter.isspace() else letter if letter.isprintable() else "�" for letter in text
    )


def escaped(text: str) -> str:
    """Return a text with its control characters escaped as YAML and JSON do it."""
    return "".join(letter if letter.isprintable() else _escape(ord(letter)) for letter in text)


def clipped(text: str, longest: int) -> str:
    """Return a text of at most so many characters, with an ellipsis where it was cut."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def duration(seconds: float) -> str:
    """Return a duration as people read it: 45 s, 3 min 20 s, 2 h 5 min."""
    whole = max(round(seconds), 0)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
