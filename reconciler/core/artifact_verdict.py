"""What verifying a compiled artifact found, in words that are kept and reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_LONGEST: Final = 900


@dataclass(frozen=True, slots=True)
class ArtifactVerdict:
    """What was found in one artifact; nothing, if it is what was ordered.

    Attributes:
        errors: Why it is not what was ordered, or cannot be loaded on its target.
        warnings: What else speaks against it.
    """

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All findings in one line that fits into an answer; errors come first."""
        text = " ".join((*self.errors, *self.warnings))
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

    def to_json(self) -> dict[str, list[str]]:
        """Return its JSON form."""
        return {"errors": list(self.errors), "warnings": list(self.warnings)}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> ArtifactVerdict:
        """Read it back. Raises KeyError or TypeError."""
        return ArtifactVerdict(tuple(map(str, value["errors"])), tuple(map(str, value["warnings"])))
