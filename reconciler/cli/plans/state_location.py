"""Where a fleet keeps its state: ``s3://bucket/prefix``, as a deployment's outputs name it."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.cli.options.outside import ConnectedAccount
from reconciler.core.contract import state_folder
from reconciler.core.identity import Owner
from reconciler.engine.state import FleetState


@dataclass(frozen=True, slots=True)
class StateLocation:
    """A bucket, and the prefix below which each owner's fleet has its folder."""

    bucket: str
    prefix: str

    @staticmethod
    def parse(uri: str) -> StateLocation:
        """Read ``s3://bucket/prefix``. Raises ValueError."""
        scheme, _, rest = uri.partition("://")
        bucket, _, prefix = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise ValueError(f"{uri}: write s3://bucket/prefix")
        prefix = prefix.strip("/")
        return StateLocation(bucket, f"{prefix}/" if prefix else "")

    def open(self, account: ConnectedAccount, owner: Owner) -> FleetState:
        """Return the state of an owner's fleet."""
        folder = state_folder(self.prefix, owner.name)
        return FleetState(account.buckets.bucket(self.bucket), folder, owner)
