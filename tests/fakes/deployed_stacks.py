"""Stacks as CloudFormation would show them, set by a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.core.deployed_stack import DeployedStack
from tests.contract.privilege.recording import record


@dataclass(slots=True)
class FakeDeployedStacks:
    """Stacks by name, and what they export."""

    by_name: dict[str, DeployedStack] = field(default_factory=dict)
    exported: dict[str, str] = field(default_factory=dict)

    def deployed(self, name: str) -> DeployedStack | None:
        for operation in ("DescribeStacks", "GetTemplate", "ListStackResources"):
            record(f"cloudformation:{operation}", "own stack")
        return self.by_name.get(name)

    def exports(self) -> Mapping[str, str]:
        record("cloudformation:ListExports", "any stack")
        return self.exported
