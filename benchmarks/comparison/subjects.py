"""The three handlers that are compared, each with what stands between it and CloudFormation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tests.simulation.cloudformation.crhelper_model import CrhelperModel
from tests.simulation.cloudformation.documented import with_provider
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.provider_model import Settings
from tests.simulation.cloudformation.random_worlds import random_world
from tests.simulation.cloudformation.world import Handler, World

OWN: Final = Settings()
DOCUMENTED: Final = Settings(total_timeout=1800.0)
"""The Provider's own default: half an hour."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One handler.

    Attributes:
        name: What it is called in results.
        title: What it is called in tables.
        handler: Runs on_event and is_complete; nothing with crhelper, which has its own function.
    """

    name: str
    title: str
    handler: Handler = with_provider
    has_crhelper: bool = False
    settings: Settings = OWN

    @property
    def is_ours(self) -> bool:
        return self.name == "ours"

    def random_world(self, seed: int, node: NodeProvider) -> World:
        """Return the world of a seed with this handler in it."""
        return random_world(seed, node, self.handler, **self._more())

    def quiet_world(self, node: NodeProvider, **more: Any) -> World:
        """Return a world without faults."""
        return World(1, node, self.handler, **self._more(), **more)

    def _more(self) -> dict[str, Any]:
        other = CrhelperModel if self.has_crhelper else None
        return {"settings": self.settings, "other_framework": other}


PROVIDER: Final = Subject("provider", "CDK Provider", settings=DOCUMENTED)
CRHELPER: Final = Subject("crhelper", "crhelper", has_crhelper=True)
OURS: Final = Subject("ours", "Neo as code", our_handler)
SUBJECTS: Final = (PROVIDER, CRHELPER, OURS)
