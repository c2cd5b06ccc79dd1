"""One account and region, as a command line reaches it: who it is, its jobs, its objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reconciler.aws.artifacts import S3Artifacts
from reconciler.aws.budget import Budget
from reconciler.aws.clients import factory
from reconciler.aws.errors import translated
from reconciler.aws.sagemaker import SageMakerGateway
from reconciler.core.ports import Artifacts, Gateway

_MAX_ATTEMPTS: Final = 6


@dataclass(frozen=True, slots=True)
class Account:
    """An account's id and region, and the ports to it."""

    id: str
    region: str
    gateway: Gateway
    artifacts: Artifacts


def connect(profile: str | None, region: str | None, endpoint_url: str | None) -> Account:
    """Return the account of the usual credentials, environment and configuration.

    Args:
        profile: A profile of the AWS configuration.
        region: The region; by default the profile's.
        endpoint_url: SageMaker's endpoint, if not AWS's own.

    Raises PortError if there are no credentials or no region, or nothing answers.
    """
    budget = Budget()
    with translated(budget):
        client = factory(max_attempts=_MAX_ATTEMPTS, profile=profile, region=region)
        sagemaker = client("sagemaker", endpoint_url)
        identity = client("sts").get_caller_identity()
        return Account(
            id=str(identity["Account"]),
            region=str(sagemaker.meta.region_name),
            gateway=SageMakerGateway(sagemaker, budget),
            artifacts=S3Artifacts(client("s3"), budget),
        )
