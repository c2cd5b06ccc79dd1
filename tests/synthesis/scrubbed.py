"""Templates as snapshots: what changes with every release of the reconciler is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.synthesis.rendering import JOB

# A pipeline's commands name an asset's place by 8 characters that change with the asset.
_HASH = re.compile(r"\b[0-9a-f]{64}\b(:[0-9]{12}-[a-z0-9-]+-[0-9a-f]{8}\b)?")
# Resources of CDK's own framework change with CDK, so only the app's snapshot has them.
_FRAMEWORK = "NeoCompilationProviderFrameworkframework"


def scrubbed(template: Mapping[str, Any]) -> Any:
    """Return a whole template with asset hashes replaced."""
    return json.loads(_HASH.sub("<asset-hash>", json.dumps(template)))


def our_slice(template: Mapping[str, Any]) -> Any:
    """The resources that this library decides on: jobs, roles, policies, functions, groups."""
    resources = {
        name: {key: value for key, value in resource.items() if key != "Metadata"}
        for name, resource in template["Resources"].items()
        if resource["Type"] == JOB
        or (name.startswith(("Job", "Neo")) and not name.startswith(_FRAMEWORK))
    }
    return scrubbed(resources)
