"""Snapshots in files: one for the only place, a folder of them for several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.aws.access import Access
from reconciler.cli.options.output import write_by_place
from reconciler.cli.plans.recorded import SavedAccount
from reconciler.cli.plans.snapshot import Snapshot, SnapshotError, read_snapshot
from reconciler.core.ports import Denied


@dataclass(frozen=True, slots=True)
class SavedAccounts:
    """The accounts and regions that snapshots are of.

    Attributes:
        path: Where they were read from.
    """

    path: str
    snapshots: Sequence[Snapshot]

    def account(self, access: Access) -> SavedAccount:
        """Return the account that options or specs lead to. Raises Denied if it is not saved."""
        found = [each for each in self.snapshots if _leads_to(access, each)]
        if len(found) == 1:
            return SavedAccount(found[0])
        saved = "; ".join(f"{each.account}, {each.region}" for each in found or self.snapshots)
        asked = ", ".join(filter(None, (access.account, access.region))) or "every place"
        hint = "say which with --region" if found else "it was not saved"
        raise Denied(
            "NotInSnapshot", f"{self.path} is of {saved}; the specs are for {asked}: {hint}"
        )


def read_snapshots(path: str) -> SavedAccounts:
    """Read a snapshot's file, or those of a folder. Raises SnapshotError, OSError."""
    source = Path(path)
    if not source.is_dir():
        return SavedAccounts(path, [read_snapshot(path)])
    files = sorted(source.glob("*.json"))
    if not files:
        raise SnapshotError(f"{path}: no snapshot in this folder; write with plan --save-snapshot")
    return SavedAccounts(path, [read_snapshot(str(each)) for each in files])


def write_snapshots(snapshots: Sequence[Snapshot], path: str, *, is_only: bool) -> None:
    """Write the snapshot of the only place to a file, those of several into a folder."""
    texts = {(each.account, each.region): each.text() for each in snapshots}
    write_by_place(texts, path, is_only=is_only)


def _leads_to(access: Access, snapshot: Snapshot) -> bool:
    role = access.assume_role.split(":") if access.assume_role else []
    account = access.account or (role[4] if len(role) > 4 else None)
    return account in {None, snapshot.account} and access.region in {None, snapshot.region}
