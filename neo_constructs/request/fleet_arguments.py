"""The arguments of a CompilationFleet, and of one of its jobs."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from neo_constructs.request.job_arguments import RunArguments, SourceArguments
from reconciler.core.contract import OnFailure


class FleetArguments(RunArguments, total=False):
    """The arguments of a CompilationFleet; jobs may override some.

    Attributes:
        deadline: How long a deployment may take, at most (and by default) 55 minutes.
        on_failure: FAIL (the default): the first job that fails fails the deployment, which is
            rolled back. CONTINUE: failures are counted and listed in the manifest.
        prune: Delete finished jobs' records that no declaration names, but those of the
            generation before, which a rollback wants. Artifacts stay. Live jobs that no
            declaration names are always stopped.
        state_bucket: Where the state is. Default: a bucket of the fleet's own: encrypted by KMS,
            private, TLS only, versioned.
        state_prefix: Folder in the state bucket, ``neo-fleets`` by default.
        state_encryption_key: Key of the fleet's own state bucket. Default: AWS's for S3.
        log_retention: How long the functions' logs are kept. Default: three months.
        log_encryption_key: Key for the logs. One made in this app gets the statement that
            CloudWatch Logs needs; an imported one must allow it.
        validate: Whether the rules check each job when it is declared (the default). Jobs are
            checked again before they are created.
    """

    deadline: cdk.Duration | None
    on_failure: OnFailure
    prune: bool
    state_bucket: s3.IBucket | None
    state_prefix: str
    state_encryption_key: kms.IKey | None
    log_retention: logs.RetentionDays
    log_encryption_key: kms.IKey | None
    validate: bool


class FleetJobArguments(SourceArguments, total=False):
    """The arguments of one job of a fleet.

    Attributes:
        role: Another role than the fleet's; it is passed as it is.
        max_runtime: Another limit than the fleet's.
        tags: Tags of this job, in addition to the fleet's.
    """

    role: iam.IRole | None
    max_runtime: cdk.Duration | None
    tags: Mapping[str, str] | None
