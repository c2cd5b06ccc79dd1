"""The arguments of compilation jobs, declared and described once for all constructs that take them.

`@unpacked` shows them, one by one, where `**arguments` says that a construct takes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs.vocabulary.compiler_options import CompilerOptions
from neo_constructs.vocabulary.data_input_config import DataInputConfig
from neo_constructs.vocabulary.framework import Framework
from reconciler.core.contract import Verify


class ModelArguments(TypedDict, total=False):
    """Properties of a model that do not depend on the target.

    Attributes:
        framework: What the model was trained with; not with a model package.
        framework_version: Its version, where Neo takes one (TensorFlow, PyTorch, MXNet,
            TensorFlow Lite).
        data_input_config: Names and shapes of the model's inputs. Frameworks differ in form and
            layout; XGBoost needs none.
    """

    framework: Framework | None
    framework_version: str | None
    data_input_config: DataInputConfig | Mapping[str, Any] | Sequence[Any] | str | None


class SourceArguments(ModelArguments, total=False):
    """What is compiled, and how.

    Attributes:
        compiler_options: Options of the target's compiler; NVIDIA requires them.
    """

    compiler_options: CompilerOptions | Mapping[str, Any] | str | None


class RunArguments(TypedDict, total=False):
    """Where and under which conditions jobs run.

    Attributes:
        output_bucket: Where artifacts go. Default: one bucket a stack, ``NeoArtifacts``, kept when
            the stack is deleted.
        output_prefix: Folder in the bucket, ``compiled`` by default. Every identity gets a folder
            of its own below it, so that no compilation overwrites another's artifact.
        output_bucket_owner: Account that the bucket must belong to when artifacts are looked for.
        encryption_key: Key for artifacts, by ARN or alias. Default: the output bucket's, if it has
            one.
        vpc: Network of the jobs, of default tenancy; it needs an S3 gateway endpoint (jobs have no
            internet). ``CompilationNetwork`` makes one, and the group.
        vpc_subnets: Which subnets of it, at most 16. Default: its private ones.
        security_groups: At most 5, used as they are. Default: one of the construct's own: nothing
            in; out HTTPS, and TCP to the subnets.
        role: The role that Neo assumes. The statements that jobs need are added to it, unless it
            is given as ``role.without_policy_updates()`` or imported with ``mutable=False``.
            Default: a role of the construct's own, which only its compilation jobs can assume.
        max_runtime: When the service stops a job. Default: 15 minutes.
        max_wait: The API's MaxWaitTimeInSeconds.
        max_pending: How long a job may wait for capacity.
        removal_policy: Whether finished jobs' records are deleted (DESTROY, the default) or kept
            (RETAIN) when the construct goes. A live job is stopped, and artifacts are kept, under
            both.
        wait: Whether a deployment waits for compilations and fails with them (the default). If
            not, it ends when the service accepts them, and what is known of artifacts is empty.
        retries: Further attempts after failures that are the service's own, 0 to 10; 1 by default.
        verify: What a deployment does about an artifact that is not what was ordered: a model that
            was passed through, a library of another architecture, other inputs. WARN reports it
            and succeeds, FAIL fails; by default (OFF) artifacts are not read.
    """

    output_bucket: s3.IBucket | None
    output_prefix: str
    output_bucket_owner: str | None
    encryption_key: kms.IKey | None
    vpc: ec2.IVpc | None
    vpc_subnets: ec2.SubnetSelection | None
    security_groups: Sequence[ec2.ISecurityGroup] | None
    role: iam.IRole | None
    max_runtime: cdk.Duration | None
    max_wait: cdk.Duration | None
    max_pending: cdk.Duration | None
    removal_policy: cdk.RemovalPolicy
    wait: bool
    retries: int
    verify: Verify


class JobArguments(SourceArguments, RunArguments, total=False):
    """The arguments of a CompilationJob, except model and target.

    Attributes:
        exact_output: Write to the prefix itself, not to a folder below it; two jobs of one model
            name and target then overwrite each other.
        identity: A name that keeps the job when the construct moves; unique in the stack.
    """

    exact_output: bool
    identity: str | None
