"""NEO521 to NEO534: role, network, stopping condition and tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.core.contract import OWN_TAGS, TAG_PREFIX
from reconciler.rules.catalog.regions import is_region, partition_of
from reconciler.rules.finding import Finding, quoted
from reconciler.rules.job import Job
from reconciler.rules.rule import error, info, warning

PARTITION: Final = warning("NEO521", "wrong-partition")
PACKAGE_REGION: Final = warning("NEO522", "model-package-region")
VPC_TWICE: Final = warning("NEO523", "duplicate-vpc-id")
VPC_ID: Final = warning("NEO524", "invalid-vpc-id")
MAX_WAIT: Final = warning("NEO525", "unused-max-wait-time")
NO_LIMIT: Final = info("NEO526", "unlimited-runtime")
SHORT: Final = info("NEO527", "short-runtime")
LONG: Final = warning("NEO528", "long-runtime")
PENDING: Final = info("NEO529", "unused-max-pending-time")
AWS_TAG: Final = error("NEO531", "reserved-aws-tag")
TAG_TWICE: Final = warning("NEO532", "duplicate-tag")
OUR_TAG: Final = warning("NEO533", "reserved-neo-tag")
TAG_ROOM: Final = warning("NEO534", "too-many-tags")

RULES: Final = (
    PARTITION, PACKAGE_REGION, VPC_TWICE, VPC_ID, MAX_WAIT, NO_LIMIT, SHORT, LONG, PENDING,
    AWS_TAG, TAG_TWICE, OUR_TAG, TAG_ROOM,
)  # fmt: skip

_SHORT_SECONDS: Final = 60
_MAX_SECONDS: Final = 28 * 24 * 3600
_MAX_TAGS: Final = 50


def check(job: Job) -> Iterator[Finding]:
    """Yield findings about the settings, which do not decide the compilation."""
    if job.region is not None:
        yield from _arns(job)
    if "VpcConfig" in job.wire:
        yield from _vpc(job)
    yield from _stopping(job)
    if "Tags" in job.wire:
        yield from _tags(job)


def _arns(job: Job) -> Iterator[Finding]:
    region = job.region
    if region is None or not is_region(region):
        return
    partition = partition_of(region)
    role = job.text(job.wire, "RoleArn")
    if role is not None and role.startswith("arn:") and role.split(":")[1] != partition:
        yield PARTITION.at(
            "RoleArn", f"the role is in another partition than {region}",
            got=role.split(":")[1], allowed=partition,
        )  # fmt: skip
    package = job.text(job.wire, "ModelPackageVersionArn")
    its = package.split(":")[3] if package is not None and package.count(":") >= 5 else region
    if its != region:
        yield PACKAGE_REGION.at(
            "ModelPackageVersionArn", "the model package is in another region than the job",
            got=its, allowed=region,
        )  # fmt: skip


def _vpc(job: Job) -> Iterator[Finding]:
    vpc = job.node("VpcConfig")
    for key, prefix in (("Subnets", "subnet-"), ("SecurityGroupIds", "sg-")):
        seen: set[object] = set()
        for index, item in enumerate(job.items(vpc, key)):
            if not isinstance(item, str) or job.is_deploy_time(item):
                continue
            path = f"VpcConfig.{key}[{index}]"
            if item in seen:
                yield VPC_TWICE.at(path, f"duplicate id {item}", got=item, hint="Remove one.")
            seen.add(item)
            if not item.startswith(prefix):
                yield VPC_ID.at(
                    path, f"an id in {key} must begin with {prefix}",
                    got=item, allowed=f"{prefix}0123456789abcdef0",
                )  # fmt: skip


def _stopping(job: Job) -> Iterator[Finding]:
    node = job.wire.get("StoppingCondition")
    if not isinstance(node, Mapping) or job.is_deploy_time(node):
        return
    path = "StoppingCondition.MaxRuntimeInSeconds"
    seconds = node.get("MaxRuntimeInSeconds")
    if seconds is None:
        yield NO_LIMIT.at(
            "StoppingCondition", "MaxRuntimeInSeconds is missing; the job may run for a day",
            hint="AWS recommends 900 seconds to begin with.",
        )  # fmt: skip
    elif isinstance(seconds, int) and not job.is_deploy_time(seconds):
        yield from _runtime(path, seconds)
    if node.get("MaxWaitTimeInSeconds") is not None:
        yield MAX_WAIT.at(
            "StoppingCondition.MaxWaitTimeInSeconds",
            "MaxWaitTimeInSeconds has no effect: it is for managed spot training",
            got=str(node["MaxWaitTimeInSeconds"]), hint="Remove it.",
        )  # fmt: skip
    yield from _pending(job, node)


def _runtime(path: str, seconds: int) -> Iterator[Finding]:
    if 0 < seconds < _SHORT_SECONDS:
        yield SHORT.at(
            path, "few models compile in under a minute", got=str(seconds), allowed=">= 60",
            hint="AWS recommends 900 seconds to begin with.",
        )  # fmt: skip
    elif seconds > _MAX_SECONDS:
        yield LONG.at(
            path, "MaxRuntimeInSeconds is over the documented maximum of 28 days",
            got=str(seconds), allowed=f"1 to {_MAX_SECONDS}",
        )  # fmt: skip


def _pending(job: Job, node: Mapping[str, object]) -> Iterator[Finding]:
    target = job.target
    if node.get("MaxPendingTimeInSeconds") is None or target is None:
        return
    if target.name.startswith(("ml_p", "ml_g", "ml_trn")):
        return
    yield PENDING.at(
        "StoppingCondition.MaxPendingTimeInSeconds",
        f"MaxPendingTimeInSeconds has no effect for {target.name}, only for accelerated instances",
        got=str(node["MaxPendingTimeInSeconds"]), hint="Remove it.",
    )  # fmt: skip


def _tags(job: Job) -> Iterator[Finding]:
    tags = job.items(job.wire, "Tags")
    if _MAX_TAGS - OWN_TAGS < len(tags) <= _MAX_TAGS:
        yield TAG_ROOM.at(
            "Tags", f"the reconciler adds {OWN_TAGS} tags, and a job has {_MAX_TAGS} at most",
            got=str(len(tags)), allowed=f"0 to {_MAX_TAGS - OWN_TAGS}",
        )  # fmt: skip
    seen: set[str] = set()
    for index, tag in enumerate(tags):
        key = tag.get("Key") if isinstance(tag, Mapping) else None
        if isinstance(key, str) and not job.is_deploy_time(key):
            yield from _tag(f"Tags[{index}].Key", key, seen)
            seen.add(key)


def _tag(path: str, key: str, seen: set[str]) -> Iterator[Finding]:
    if key.lower().startswith("aws:"):
        yield AWS_TAG.at(
            path, "tag keys that begin with aws: are reserved by AWS",
            got=key, hint="Rename the tag.",
        )  # fmt: skip
    elif key.startswith(TAG_PREFIX):
        yield OUR_TAG.at(
            path, "tag keys that begin with neo: are reserved by the reconciler",
            got=key, hint="Rename the tag.",
        )  # fmt: skip
    if key in seen:
        message = f"duplicate tag key {quoted(key)}"
        yield TAG_TWICE.at(path, message, got=key, hint="Remove one of them.")
