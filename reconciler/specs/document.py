"""A document that was read: its value, and where everything in it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from reconciler.specs.places import Place
from reconciler.specs.source import Source


@dataclass(frozen=True)
class Document:
    """One YAML or JSON document: its value, and the places of everything in it.

    Attributes:
        find_places: Gives the places, when they are first asked for.
    """

    source: Source
    value: object
    find_places: Callable[[], Place] = field(repr=False)

    @cached_property
    def place(self) -> Place:
        """Where everything stands."""
        return self.find_places()
