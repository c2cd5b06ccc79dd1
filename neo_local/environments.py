"""Optional environments: what some frameworks need beyond the compiler's own.

Each is a Python environment by itself, since what it holds is large or pins other versions. It is
made by `neoctl local start --with NAME`, or in a checkout by `scripts/bootstrap.py NAME`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# The API's framework -> the environment that it needs.
NEEDED: Mapping[str, str] = {
    "KERAS": "tensorflow",
    "PYTORCH": "pytorch",
    "TENSORFLOW": "tensorflow",
}
# Frameworks whose models may hold code of any kind, which runs while they are read.
HOLDS_CODE = frozenset({"KERAS", "TENSORFLOW"})
_FINISHED = ".made-from"  # written when everything is installed


@dataclass(frozen=True, slots=True)
class Environments:
    """Where optional environments may be: checkouts and data folders."""

    folders: tuple[Path, ...] = ()

    def of(self, framework: str) -> Path | None:
        """Return a framework's environment; None if it needs none or none is installed."""
        name = NEEDED.get(framework)
        if name is None:
            return None
        places = (folder / f"{dot}venv-{name}" for folder in self.folders for dot in (".", ""))
        return next((place for place in places if (place / _FINISHED).is_file()), None)


def shown_for(environment: Path) -> tuple[Path, ...]:
    """Return the folders that programs of an environment read: its own and its Python's."""
    python = (environment / "bin" / "python").resolve()
    return environment, environment.resolve(), python.parent.parent
