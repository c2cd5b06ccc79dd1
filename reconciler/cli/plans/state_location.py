"""Where a fleet keeps its state: ``s3://bucket/prefix``, as a deployment's outputs name it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from reconciler.cli.options.outside import AccountView, ConnectedAccount
from reconciler.core.contract import state_folder
from reconciler.core.identity import Owner
from reconciler.engine.state import FleetState

_PLACEHOLDER: Final = re.compile(r"\{(.*?)\}")
_NAMES: Final = frozenset({"account", "region"})


@dataclass(frozen=True, slots=True)
class StateLocation:
    """A bucket, and the prefix below which each owner's fleet has its folder."""

    bucket: str
    prefix: str

    @staticmethod
    def parse(uri: str) -> StateLocation:
        """Read ``s3://bucket/prefix``, placeholders included. Raises ValueError."""
        scheme, _, rest = uri.partition("://")
        bucket, _, prefix = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise ValueError(f"{uri}: write s3://bucket/prefix")
        if unknown := sorted(set(_PLACEHOLDER.findall(uri)) - _NAMES):
            raise ValueError(f"{uri}: unknown placeholder {{{unknown[0]}}}; write {{account}} or "
                             "{region}")  # fmt: skip
        prefix = prefix.strip("/")
        return StateLocation(bucket, f"{prefix}/" if prefix else "")

    @staticmethod
    def uri(template: str, account: AccountView) -> str:
        """Return the URI for an account and region, in place of the placeholders."""
        return template.replace("{account}", account.id).replace("{region}", account.region)

    def open(self, account: ConnectedAccount, owner: Owner) -> FleetState:
        """Return the state of an owner's fleet."""
        folder = state_folder(self.prefix, owner.name)
        return FleetState(account.buckets.bucket(self.bucket), folder, owner)
