"""A stack as CloudFormation has it, and the port that reads stacks for people's tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """A stack that was deployed.

    Attributes:
        id: Its ARN.
        status: StackStatus.
        parameters: The value of each parameter; of SSM parameters, what they led to.
        template: As it was deployed last.
        resources: The physical id of each resource, by logical id.
    """

    id: str
    status: str
    parameters: Mapping[str, str]
    template: Mapping[str, Any]
    resources: Mapping[str, str]


class DeployedStacks(Protocol):
    """The stacks of one account and region. Every method may raise Transient, Denied, Invalid."""

    def deployed(self, name: str) -> DeployedStack | None:
        """Return a stack by its name or ARN, or None if there is none.

        A stack whose creation was never executed, or was rolled back, is none.
        """
        ...

    def exports(self) -> Mapping[str, str]:
        """Return what stacks export, by name."""
        ...
