"""Events of this release: every later one must still handle them, and give the same names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reconciler.core.fleet.document import FleetDocument
from reconciler.core.fleet.generation import FleetGeneration
from reconciler.core.fleet.manifest import Manifest
from reconciler.core.identity import Owner
from reconciler.core.objects import Stored
from tests.simulation.fleet.world import OWNER, FleetWorld

HERE = Path(__file__).parent
GOLDEN: dict[str, Any] = json.loads((HERE / "golden_0_1.json").read_text())


def golden_world() -> FleetWorld:
    world = FleetWorld()
    key = GOLDEN["properties"]["Document"]["Key"]
    world.assets.objects[key] = Stored(GOLDEN["document"].encode(), "1")
    return world


def test_the_life_of_a_fleet_of_this_release_goes_on() -> None:
    world = golden_world()
    properties = GOLDEN["properties"]
    world.create(properties)
    assert sorted(world.sagemaker.accepted()) == GOLDEN["names"]
    world.update(properties, properties)
    world.delete(properties)
    assert world.state.objects == {}


def test_the_state_of_this_release_is_taken_over() -> None:
    world = golden_world()
    properties = GOLDEN["properties"]
    world.create(properties)
    for name, body in GOLDEN["state"].items():
        world.state.objects[f"neo/{OWNER}/{name}"] = Stored(body.encode(), name)
    before = len(world.sagemaker.calls)
    world.update(properties, properties)
    assert {call.operation for call in world.sagemaker.calls[before:]} == {"List"}


def test_the_golden_state_is_read_whole() -> None:
    generation = FleetGeneration.from_json(GOLDEN["state"]["desired.json"].encode())
    assert generation.generation == 2
    assert generation.superseded_operations
    manifest = Manifest.from_json(GOLDEN["state"]["manifest.json"].encode())
    assert manifest.counts.completed == len(GOLDEN["names"])


def test_what_neoctl_build_wrote_before_is_still_read() -> None:
    """Its jobs had a Declaration, LateBound and Tags, as a single job's properties have."""
    built = json.loads((HERE / "built_0_1.json").read_text())
    document = FleetDocument.parse(built["document"])
    assert document.variables == dict.fromkeys(built["variables"], "any")
    declared = document.resolved(built["variables"]).declarations(Owner(built["owner"]))
    assert [str(each.identity) for each in declared] == built["names"]
    assert declared[0].request.tags == (("team", "vision"),)
    assert declared[0].request.max_runtime == 600
