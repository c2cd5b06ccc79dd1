"""A job's storage, opened as the job may use it: with its role, in its network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from neo_local.access.clients import Clients, Credentials
from neo_local.access.network import UnusableNetwork, WayToS3, way_to_s3
from neo_local.access.roles import RolesOfIam
from neo_local.jobs.job import Job
from neo_local.jobs.outcome import JobFailed
from neo_local.jobs.s3 import Objects, unreachable


@dataclass(frozen=True, slots=True)
class StorageOpener:
    """Opens the storage of jobs.

    Attributes:
        roles: The account's roles; None if roles and networks are not looked up.
        checked: Whether they are at the moment (the switch access_checks).
        max_bytes: The largest model that is fetched.
    """

    clients: Clients
    roles: RolesOfIam | None
    checked: Callable[[], bool]
    max_bytes: int

    def open(self, job: Job) -> Objects:
        """Return the storage of a job. Raises JobFailed if the job may not use it at all."""
        s3, kms = (self.clients.own(service, job.region) for service in ("s3", "kms"))
        if self.roles is None or not self.checked():
            return Objects(s3, kms, s3, kms, job.region, self.max_bytes)
        try:
            role = self._assumed(self.roles, job)
            way = self._way_to_s3(job, role)
        except UnusableNetwork as problem:
            raise JobFailed(str(problem)) from problem
        except ClientError as refusal:
            raise JobFailed(f"ClientError: {refusal}") from refusal
        except BotoCoreError as problem:
            raise unreachable(problem) from problem
        role_s3 = self.clients.of_role("s3", job.region, role, way)
        role_kms = self.clients.of_role("kms", job.region, role)
        return Objects(role_s3, role_kms, s3, kms, job.region, self.max_bytes)

    def _assumed(self, roles: RolesOfIam, job: Job) -> Credentials:
        role_arn = str(job.request["RoleArn"])
        if not roles.can_be_assumed(role_arn, job.arn):
            raise JobFailed(
                "ClientError: Failed to assume role: An error occurred (AccessDenied) when "
                "calling the AssumeRole operation: sagemaker.amazonaws.com is not authorized to "
                f"perform: sts:AssumeRole on resource: {role_arn}"
            )
        return roles.assume(role_arn, job.region)

    def _way_to_s3(self, job: Job, role: Credentials) -> WayToS3 | None:
        network = job.request.get("VpcConfig")
        if network is None:
            return None
        ec2 = self.clients.of_role("ec2", job.region, role)
        return way_to_s3(ec2, job.region, network)
