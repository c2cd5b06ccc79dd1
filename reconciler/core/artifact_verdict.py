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
        operation: The operation that found errors; a later one reads the artifact again.
    """

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    operation: str = ""

    @property
    def text(self) -> str:
        """All findings in one line that fits into an answer; errors come first."""
        text = " ".join((*self.errors, *self.warnings))
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

    def to_json(self) -> dict[str, object]:
        """Return its JSON form."""
        found: dict[str, object] = {"errors": list(self.errors), "warnings": list(self.warnings)}
        return {**found, "operation": self.operation} if self.operation else found

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> ArtifactVerdict:
        """Read it back. Raises KeyError or TypeError."""
        errors, warnings = (tuple(map(str, value[key])) for key in ("errors", "warnings"))
        return ArtifactVerdict(errors, warnings, str(value.get("operation", "")))
