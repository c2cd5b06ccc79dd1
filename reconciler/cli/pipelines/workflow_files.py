"""The workflow files that ``neoctl ci init`` writes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.core.version import VERSION

_TEMPLATES: Final = Path(__file__).parent / "templates"
_SAFE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
PATHS: Final = {
    "github": ".github/workflows/neo.yml",
    "gitlab": ".gitlab-ci.yml",
    "pre-commit": ".pre-commit-config.yaml",
}
"""Where each system looks for its file."""


class WorkflowError(ValueError):
    """A workflow file cannot be written."""


@dataclass(frozen=True, slots=True)
class WorkflowChoices:
    """What differs from repository to repository.

    Attributes:
        specs: The file or folder of specs.
        region: Where jobs are compiled.
        branch: The branch whose specs are applied.
        policy: The file of the organisation's policy, if there is one.

    Raises WorkflowError for a text that YAML or a shell might take for something else.
    """

    specs: str
    region: str
    branch: str
    policy: str | None = None

    def __post_init__(self) -> None:
        for name, value in (
            ("--specs", self.specs), ("--region", self.region), ("--branch", self.branch),
            ("--policy", self.policy),
        ):  # fmt: skip
            if value is not None and not _SAFE.fullmatch(value):
                raise WorkflowError(
                    f"{name} {value!r}: letters, digits, '.', '_', '-' and '/' are allowed"
                )


def workflow_text(system: str, choices: WorkflowChoices) -> str:
    """Return the text of a system's file."""
    text = (_TEMPLATES / f"{system}.yaml").read_text(encoding="utf-8")
    for name, value in (
        ("__POLICY__", f" --policy {choices.policy}" if choices.policy else ""),
        ("__SPECS__", choices.specs.rstrip("/")), ("__REGION__", choices.region),
        ("__BRANCH__", choices.branch), ("__PACKAGE__", f"neo-as-code=={VERSION}"),
    ):  # fmt: skip
        text = text.replace(name, value)
    return text
