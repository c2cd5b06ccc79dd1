"""How an account is reached: the AWS CLI's options."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """With which credentials, in which region, at which endpoint.

    Attributes:
        profile: A profile of the AWS configuration; by default the environment's.
        region: The region; by default the profile's.
        endpoint_url: SageMaker's endpoint, if not AWS's own.
        assume_role: ARN of a role to assume with these credentials.
        account: The account that it must be; by default any.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    assume_role: str | None = None
    account: str | None = None
