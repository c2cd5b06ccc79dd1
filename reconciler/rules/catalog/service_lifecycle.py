"""How Amazon SageMaker Neo stands: what AWS has said, and what shows that it moves or does not.

For people who decide whether to build on it; no rule judges by it. Read in November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class LifecycleRow:
    """One sign of the service's standing.

    Attributes:
        about: What it is about.
        finding: What is known of it.
        last_seen: When it was seen to move last; a year, a month or a day. Empty if unknown.
        since: Since when the finding holds; empty if unknown.
        retired: When it ended, or will end; empty if no end is known.
    """

    about: str
    finding: str
    last_seen: str = ""
    since: str = ""
    retired: str = ""


LIFECYCLE: Final = (
    LifecycleRow(
        "Amazon SageMaker Neo", "no notice of an end of support was found", last_seen="2026-11"
    ),
    LifecycleRow(
        "CreateCompilationJob", "the minimum of MaxPendingTimeInSeconds went from 7,200 to 1,800",
        last_seen="2026",
    ),
    LifecycleRow("target devices", "none was added since", last_seen="2024-08"),
    LifecycleRow("DLR, the runtime of artifacts", "no commit since", last_seen="2022-08"),
    LifecycleRow(
        "SageMaker Python SDK v2", "in maintenance; it alone has compile(), v3 has no call of Neo",
        since="2026-07-06", retired="2027-07-06",
    ),
    LifecycleRow("Neuron's guides to Neo", "archived", since="2026-04-30"),
    LifecycleRow(
        "Neo on edge devices", "an AWS samples repository calls it deprecated", since="2023-03"
    ),
    LifecycleRow("SageMaker Edge Manager", "discontinued", retired="2024-04-26"),
    LifecycleRow("Elastic Inference (ml_eia2)", "closed to new customers", retired="2023-04-15"),
)  # fmt: skip
