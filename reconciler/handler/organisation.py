"""The organisation's policy, as it was packed into the Lambda's asset.

This is the layer that enforces: specs and synthesis can leave the policy out, the
Lambda cannot. It is read once, at the Lambda's initialisation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.core.contract import POLICY_FILE

if TYPE_CHECKING:
    from reconciler.rules.organisation_policy import OrganisationPolicy


def packed_policy(folder: Path = Path(__file__).parent) -> OrganisationPolicy | None:
    """Return the policy beside this module, or None if none was packed.

    Raises PolicyError or ValueError for a broken one: a Lambda that cannot read its policy must
    not run.
    """
    file = folder / POLICY_FILE
    if not file.exists():
        return None
    from reconciler.rules.organisation_policy import OrganisationPolicy  # late: few have one

    return OrganisationPolicy.from_mapping(json.loads(file.read_text(encoding="utf-8")))
