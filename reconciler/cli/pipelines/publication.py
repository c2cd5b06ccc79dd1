"""Specs that are published to a ContinuousReconciliation: uploaded, and waited for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

from reconciler.core.contract import MANIFEST_OBJECT
from reconciler.core.fleet.manifest import CONFLICT, REFUSED, UNVERIFIED, Manifest
from reconciler.core.identity import Owner, OwnerError
from reconciler.core.objects import Buckets
from reconciler.core.observed import JobStatus
from reconciler.core.ports import Clock
from reconciler.engine.state import FleetState
from reconciler.handler.fleet.generation import upload_source

DEFAULT_KEY: Final = "neo-specs.json"
_POLL: Final = 10.0
_URI: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
_FAILED: Final = frozenset(
    {JobStatus.FAILED.value, JobStatus.STOPPED.value, REFUSED, CONFLICT, UNVERIFIED}
)


class LocationError(ValueError):
    """A text is not the S3 URI that is asked for."""


class S3Place(NamedTuple):
    """An object in S3."""

    bucket: str
    key: str

    @staticmethod
    def of(uri: str, default_key: str = "") -> S3Place:
        """Return the place of an s3:// URI. Raises LocationError."""
        found = _URI.fullmatch(uri)
        key = (found[2] if found else "") or default_key
        if found is None or not key or key.endswith("/"):
            raise LocationError(f"{uri!r}: write s3://bucket/key")
        return S3Place(found[1], key)


def fleet_state(buckets: Buckets, manifest: S3Place) -> FleetState:
    """Return the state that a manifest is part of. Raises LocationError."""
    folder, _, name = manifest.key.rpartition("/")
    try:
        owner = Owner(folder.rpartition("/")[2])
    except OwnerError:
        owner = None
    if name != MANIFEST_OBJECT or owner is None:
        raise LocationError(
            f"s3://{manifest.bucket}/{manifest.key}: is no fleet's manifest; it is the fleet's "
            "manifest_uri"
        )
    return FleetState(buckets.bucket(manifest.bucket), f"{folder}/", owner)


@dataclass(frozen=True, slots=True)
class Publication:
    """Specs that were uploaded.

    Attributes:
        body: What was uploaded.
        state: The state of the fleet that takes it.
    """

    body: bytes
    state: FleetState
    clock: Clock
    pause: Callable[[float], None]

    def wait(self, timeout: timedelta) -> Manifest | None:
        """Wait until the jobs have ended; None if the time is over. Raises PortError, StateError.

        Returns the manifest of the generation that the upload made.
        """
        until = self.clock.now() + timeout
        while True:
            manifest = self._manifest()
            if manifest is not None and not manifest.counts.pending:
                return manifest
            if self.clock.now() + timedelta(seconds=_POLL) > until:
                return None
            self.pause(_POLL)

    def _manifest(self) -> Manifest | None:
        """Return the manifest of the upload's generation, once there is one."""
        found = self.state.generation()
        if found is None:
            return None
        generation = found.generation
        if generation.source != upload_source(self.body, generation.variables):
            return None
        manifest = self.state.manifest()
        return manifest if manifest.generation == generation.generation else None


def failures(manifest: Manifest) -> dict[str, str]:
    """Return why jobs failed, by logical name."""
    return {
        name: entry.reason or entry.status
        for name, entry in sorted(manifest.jobs.items())
        if entry.status in _FAILED
    }
