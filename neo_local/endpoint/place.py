"""The account and region that a request is for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """An account in a region: what it holds, no other place sees."""

    account: str
    region: str

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a SageMaker resource."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{name}"

    def holds(self, arn: str) -> bool:
        """Return whether an ARN is of a SageMaker resource of this place."""
        return arn.startswith(f"arn:aws:sagemaker:{self.region}:{self.account}:")
