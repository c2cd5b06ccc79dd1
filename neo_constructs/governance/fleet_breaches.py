"""Violations of an organisation's policy by the jobs of a fleet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from reconciler.core import contract
from reconciler.core.fleet.document import FleetDocument
from reconciler.core.fleet.variables import has_reference, reference
from reconciler.rules.families.organisation_policy import check
from reconciler.rules.finding import Finding
from reconciler.rules.job import job_of
from reconciler.rules.organisation_policy import OrganisationPolicy

_DEPLOY_TIME: Final = reference("v0")
"""Stands for a tag's value that is not known yet."""


def fleet_breaches(
    template: Path,
    properties: Mapping[str, Any],
    policy: OrganisationPolicy,
    region: str | None = None,
) -> Iterator[Finding]:
    """Yield every violation by a job of the fleet; its path begins with the job's name.

    Values that only the deployment knows are left to the Lambda. Raises FileNotFoundError for a
    fleet whose document is nowhere: its jobs cannot be judged.
    """
    document = _document(template, str(properties[contract.DOCUMENT][contract.DIGEST]))
    shared = [
        {key: value if isinstance(value, str) else _DEPLOY_TIME for key, value in tag.items()}
        for tag in properties.get(contract.TAGS) or []
    ]
    for job in document.jobs:
        request = {**job["request"], "Tags": [*(job["request"].get("Tags") or []), *shared]}
        for finding in check(job_of(request, region, has_reference), policy):
            yield replace(finding, path=f"{job['logicalName']}: {finding.path}")


def _document(template: Path, digest: str) -> FleetDocument:
    """Read the document beside the template, or beside that of the enclosing stage."""
    for folder in (template.parent, *template.parent.parents):
        path = folder / f"neo-fleet.{digest}.json"
        if path.is_file():
            return FleetDocument.parse(path.read_bytes())
    raise FileNotFoundError(f"neo-fleet.{digest}.json is not in the assembly of {template}")
