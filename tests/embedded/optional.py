"""Marks of tests that need what not every machine has."""

from __future__ import annotations

import pytest

from neo_local.rehearsal.emulator import CannotEmulate, Machine, find_emulator
from tests.paths import ROOT


def needs_environment(name: str) -> pytest.MarkDecorator:
    """Return the mark of tests that need an optional environment of the checkout."""
    return pytest.mark.skipif(
        not (ROOT / f".venv-{name}" / ".made-from").exists(),
        reason=f"the optional environment is missing: scripts/bootstrap.py {name}",
    )


def needs_emulator(machine: str) -> pytest.MarkDecorator:
    """Return the mark of tests that need qemu's emulator of a machine."""
    try:
        find_emulator(Machine(machine))
    except CannotEmulate as problem:
        return pytest.mark.skip(reason=str(problem))
    return pytest.mark.skipif(False, reason="")
