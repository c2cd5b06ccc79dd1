"""One account and region, as a command line reaches it: who it is, its jobs, its objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, Final

from botocore.session import Session

from reconciler.aws.access import Access
from reconciler.aws.account_facts import AwsAccountFacts
from reconciler.aws.artifacts import S3Artifacts
from reconciler.aws.assumed_role import AssumedRole
from reconciler.aws.budget import Budget
from reconciler.aws.clients import factory, new_session
from reconciler.aws.deployed_stacks import CloudFormationTemplates
from reconciler.aws.errors import translated
from reconciler.aws.event_history import CloudTrailHistory
from reconciler.aws.job_logs import CloudWatchJobLogs
from reconciler.aws.object_stream import ObjectStream
from reconciler.aws.objects import S3Buckets
from reconciler.aws.sagemaker import SageMakerGateway
from reconciler.core.objects import Buckets
from reconciler.core.ports import Artifacts, Gateway

_MAX_ATTEMPTS: Final = 6


@dataclass(frozen=True, slots=True)
class Account:
    """An account's id and region, and the ports to it.

    Attributes:
        budget: The time left.
        complete_client: Makes a client of a service with all its operations.
        home_client: The same, in the region where the partition's global services are called.
    """

    id: str
    region: str
    gateway: Gateway
    artifacts: Artifacts
    buckets: Buckets
    budget: Budget = field(repr=False)
    complete_client: Callable[[str], Any] = field(repr=False)
    home_client: Callable[[str], Any] = field(repr=False)

    @property
    def job_logs(self) -> CloudWatchJobLogs:
        """The logs of its compilation jobs."""
        return CloudWatchJobLogs(self.complete_client("logs"), self.budget)

    @property
    def history(self) -> CloudTrailHistory:
        """Who called what in it."""
        return CloudTrailHistory(self.complete_client("cloudtrail"), self.budget)

    @property
    def facts(self) -> AwsAccountFacts:
        """What jobs need of it: roles, buckets, keys, network, quotas."""
        return AwsAccountFacts(self.complete_client, self.home_client, self.budget, self.region)

    def open_artifact(self, s3_uri: str) -> ObjectStream:
        """Return the bytes of an object. Raises ObjectError."""
        return ObjectStream(self.complete_client("s3"), s3_uri)

    @property
    def stacks(self) -> CloudFormationTemplates:
        """CloudFormation's stacks, with their templates."""
        return CloudFormationTemplates(self.complete_client("cloudformation"), self.budget)


def connect(access: Access) -> Account:
    """Return the account of the usual credentials, environment and configuration.

    Raises PortError if there are no credentials or no region, the role may not be assumed, or
    nothing answers.
    """
    budget = Budget()
    with translated(budget):
        client = factory(max_attempts=_MAX_ATTEMPTS, session=_session(access))
        of_jobs = partial(client, "sagemaker", access.endpoint_url)
        sagemaker, s3 = of_jobs(), client("s3")
        identity = client("sts").get_caller_identity()
        return Account(
            id=str(identity["Account"]),
            region=str(sagemaker.meta.region_name),
            gateway=SageMakerGateway(sagemaker, budget, creator=partial(of_jobs, retries=False)),
            artifacts=S3Artifacts(s3, budget),
            buckets=S3Buckets(s3, budget),
            budget=budget,
            complete_client=complete_clients(access),
            home_client=complete_clients(
                replace(access, region=home_region(sagemaker.meta.region_name))
            ),
        )


def home_region(region: str) -> str:
    """Return where a partition's global services are called (source: AWS Health, endpoints)."""
    homes = {"cn-": "cn-northwest-1", "us-gov-": "us-gov-west-1"}
    return next((home for start, home in homes.items() if region.startswith(start)), "us-east-1")


def complete_clients(access: Access) -> Callable[[str], Any]:
    """Return what makes clients of services with all their operations, each once."""

    @cache
    def make() -> Callable[[str], Any]:
        session = _session(access, complete=True)
        return cache(factory(max_attempts=_MAX_ATTEMPTS, session=session))

    return lambda service: make()(service)


def _session(access: Access, *, complete: bool = False) -> Session:
    session = new_session(access.profile, access.region, complete=complete)
    if access.assume_role:
        own = new_session(access.profile, access.region)
        session.register_component("credential_provider", AssumedRole(own, access.assume_role))
    return session
