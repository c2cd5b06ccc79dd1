"""One Node process for the whole session; worlds that are always closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.world import Handler, World

MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def node() -> Iterator[NodeProvider]:
    """The real Provider framework under Node."""
    provider = NodeProvider()
    yield provider
    provider.close()


@pytest.fixture
def make_world(node: NodeProvider) -> Iterator[MakeWorld]:
    """Makes worlds and closes them when the test is over."""
    worlds: list[World] = []

    def make(handler: Handler, seed: int = 1, **options: Any) -> World:
        world = World(seed, node, handler, **options)
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.close()
