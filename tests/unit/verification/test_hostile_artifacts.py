"""Artifacts made to hurt: each ends in findings, soon, and nothing raises."""

from __future__ import annotations

import random
import time

import pytest

from reconciler.inspection.limits import Limits
from tests.unit.inspection.archives import pack
from tests.unit.inspection.damage import mutated
from tests.unit.verification.artifacts import (
    LIBRARIES,
    codes,
    dlr_files,
    library,
    read,
    read_bytes,
    relay_files,
)

SLOWEST = 2.0
NAMES = sorted(path.name for path in LIBRARIES.iterdir())


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", pack({})[:30], pack(dlr_files())[:900], pack({})]
)
def test_what_is_no_archive_is_said(content: bytes) -> None:
    assert codes(read_bytes(content))


@pytest.mark.search
@pytest.mark.parametrize("name", NAMES)
def test_every_prefix_of_a_library_is_a_finding_or_a_library(name: str) -> None:
    whole = library(name)
    for end in range(0, len(whole), max(1, len(whole) // 200)):
        artifact = read({"compiled.so": whole[:end]})
        damaged = [one.code for one in artifact.findings]
        assert bool(artifact.libraries) != (damaged == ["NEO904"])


@pytest.mark.search
@pytest.mark.parametrize("name", NAMES)
def test_damaged_libraries_are_findings_soon(name: str) -> None:
    chance = random.Random(name)
    whole = library(name)
    for _ in range(150):
        began = time.process_time()
        artifact = read({"compiled.so": mutated(whole, chance), "compiled.meta": b"{}"})
        assert codes(artifact) is not None
        assert time.process_time() - began < SLOWEST


@pytest.mark.search
@pytest.mark.parametrize("name", ["compiled_model.json", "compiled.params"])
def test_damaged_descriptions_are_findings(name: str) -> None:
    chance = random.Random(name)
    files = dlr_files()
    for _ in range(150):
        read(files | {name: mutated(files[name], chance)})


def test_a_bomb_is_not_unpacked() -> None:
    bomb = pack({"compiled.so": bytes(80 << 20)})
    assert "NEO803" in codes(read_bytes(bomb, Limits(expanded_bytes=1 << 20)))


def test_an_archive_that_was_not_read_to_its_end_is_not_called_uncompiled() -> None:
    artifact = read_bytes(pack(relay_files()), Limits(expanded_bytes=600))
    assert "NEO803" in codes(artifact)
    assert not {"NEO902", "NEO903"} & set(codes(artifact))


def test_members_that_leave_the_folder_are_not_followed() -> None:
    assert "NEO804" in codes(read({"../compiled.so": library("x86_64.so")}))
