"""Suggestions for misspelt words."""

from __future__ import annotations

from collections.abc import Iterable

_MAX_LENGTH = 64
_OTHER_NAMES = {
    "amd64": "x86_64", "x64": "x86_64", "i386": "x86", "i686": "x86", "aarch64": "arm64",
    "armv8": "arm64", "armhf": "arm_eabihf", "armv7": "arm_eabihf", "gpu": "nvidia",
    "cuda": "nvidia", "torch": "pytorch", "tf": "tensorflow", "scikit-learn": "sklearn",
}  # fmt: skip


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word closest to a misspelt one, or None. Case does not count."""
    import difflib

    if len(word) > _MAX_LENGTH:
        return None
    by_lower = {item.lower(): item for item in known}
    lower = word.lower()
    family = lower.removeprefix("ml.").partition(".")[0]  # of an instance type: ml.c5.xlarge
    for meant in (_OTHER_NAMES.get(lower, ""), f"ml_{family}"):
        if meant in by_lower:
            return by_lower[meant]
    found = difflib.get_close_matches(lower, list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return ``Did you mean …?`` for a misspelt word, or ``otherwise``."""
    near = closest(word, known)
    return f"Did you mean {near}?" if near else otherwise
