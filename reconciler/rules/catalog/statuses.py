"""The states of a compilation job."""

from __future__ import annotations

from typing import Final

LIVE: Final = frozenset({"STARTING", "INPROGRESS", "STOPPING"})
TERMINAL: Final = frozenset({"COMPLETED", "FAILED", "STOPPED"})
"""DeleteCompilationJob takes a job in these states only (its page in the API reference)."""
