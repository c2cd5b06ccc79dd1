"""How the service stands, and the targets of specs in it: read from the catalog, not from AWS."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.cli.diagnosis.check import Check, failed, noted, passed, warned
from reconciler.cli.diagnosis.needs import Needs
from reconciler.rules.catalog.devices import DEVICES
from reconciler.rules.catalog.evidence import Evidence
from reconciler.rules.catalog.service_lifecycle import LIFECYCLE, LifecycleRow


def service_checks(needs: Needs, region: str) -> Iterator[Check]:
    """Yield how the service stands, and how each target of the specs does.

    Args:
        region: Where jobs run; empty if it is not known.
    """
    for row in LIFECYCLE:
        yield _standing(row)
    for name in needs.devices:
        yield _target(name, region)


def _standing(row: LifecycleRow) -> Check:
    times = {"since": row.since, "last seen": row.last_seen, "retired": row.retired}
    said = ", ".join(f"{name} {time}" for name, time in times.items() if time)
    return noted("standing", row.about, f"{row.finding} ({said})")


def _target(name: str, region: str) -> Check:
    device = DEVICES.get(name)
    if device is None:
        return warned("target", name, "is not in the catalog", "Compile for it once to be sure.")
    if region and device.regions and region not in device.regions:
        where = ", ".join(device.regions)
        return failed("target", name, f"is offered in {where} only", f"Compile in {where}.")
    if device.evidence is Evidence.RETIRED:
        return warned("target", name, "is in AWS's tables no more", "Plan for another target.")
    if device.evidence is Evidence.UNVERIFIED:
        finding = "is in the API and in no table of AWS's documentation"
        return warned("target", name, finding, "Compile for it once to be sure.")
    return passed("target", name, f"{device.evidence.value}: {device.source}")
