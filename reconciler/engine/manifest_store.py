"""Where the manifest, which remembers what was read of each job, is kept between passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reconciler.core.fleet.manifest import Manifest
from reconciler.core.identity import Owner


class ManifestStore(Protocol):
    """Where the manifest is kept between passes. Both methods may raise PortError."""

    def manifest(self) -> Manifest:
        """Return the last pass's manifest, or an empty one."""
        ...

    def write_manifest(self, manifest: Manifest) -> None:
        """Keep a pass's manifest."""
        ...


@dataclass(frozen=True, slots=True)
class NoManifest:
    """For a pass that remembers nothing and leaves nothing: everything is reread."""

    owner: Owner

    def manifest(self) -> Manifest:
        """Return an empty manifest."""
        return Manifest(self.owner.name)

    def write_manifest(self, manifest: Manifest) -> None:
        """Keep nothing."""


@dataclass(slots=True)
class InMemory:
    """For passes of one process: each finished job is read once."""

    owner: Owner
    kept: Manifest | None = None

    def manifest(self) -> Manifest:
        """Return the last pass's manifest, or an empty one."""
        return self.kept or Manifest(self.owner.name)

    def write_manifest(self, manifest: Manifest) -> None:
        """Keep a pass's manifest."""
        self.kept = manifest
