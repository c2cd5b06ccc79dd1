"""NEO701 to NEO712: does a job keep to the organisation's policy?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from reconciler.rules.finding import Finding
from reconciler.rules.job import Job
from reconciler.rules.organisation_policy import Policy
from reconciler.rules.rule import Rule, error
from reconciler.rules.s3_uri import S3Location, s3_location

KMS_REQUIRED: Final = error("NEO701", "Policy: every job names a KMS key")
VPC_REQUIRED: Final = error("NEO702", "Policy: every job runs in a VPC")
INPUT: Final = error("NEO703", "Policy: models come from allowed prefixes")
OUTPUT: Final = error("NEO704", "Policy: artifacts go to allowed prefixes")
ROLE: Final = error("NEO705", "Policy: jobs use allowed roles")
KMS_KEY: Final = error("NEO706", "Policy: jobs use allowed KMS keys")
SUBNET: Final = error("NEO707", "Policy: jobs use allowed subnets")
SECURITY_GROUP: Final = error("NEO708", "Policy: jobs use allowed security groups")
TARGET: Final = error("NEO709", "Policy: jobs compile for allowed targets")
REGION: Final = error("NEO710", "Policy: jobs run in allowed regions")
TAGS: Final = error("NEO711", "Policy: jobs have the required tags")
RUNTIME: Final = error("NEO712", "Policy: jobs run no longer than allowed")

RULES: Final = (
    KMS_REQUIRED, VPC_REQUIRED, INPUT, OUTPUT, ROLE, KMS_KEY, SUBNET, SECURITY_GROUP, TARGET,
    REGION, TAGS, RUNTIME,
)  # fmt: skip


def check(job: Job, policy: Policy) -> Iterator[Finding]:
    """Every breach of the policy. Late values are left for when they are real."""
    yield from _required(job, policy)
    yield from _prefix(INPUT, job, job.input, "InputConfig", "S3Uri", policy.input_prefixes)
    yield from _prefix(
        OUTPUT, job, job.output, "OutputConfig", "S3OutputLocation", policy.output_prefixes
    )
    yield from _listed(ROLE, "RoleArn", job.text(job.wire, "RoleArn"), policy.roles)
    yield from _listed(
        KMS_KEY, "OutputConfig.KmsKeyId", job.text(job.output, "KmsKeyId"), policy.kms_keys
    )
    yield from _network(job, policy)
    yield from _target(job, policy)
    if policy.regions is not None and job.region is not None:
        yield from _listed(REGION, "", job.region, policy.regions)
    yield from _tags(job, policy)
    yield from _runtime(job, policy)


def _required(job: Job, policy: Policy) -> Iterator[Finding]:
    if policy.require_kms_key and not job.output.get("KmsKeyId"):
        yield KMS_REQUIRED.at(
            "OutputConfig", "your organisation's policy demands a KMS key",
            hint="Add OutputConfig.KmsKeyId.",
        )  # fmt: skip
    if policy.require_vpc and not job.wire.get("VpcConfig"):
        yield VPC_REQUIRED.at("", "your organisation's policy demands a VPC", hint="Add VpcConfig.")


def _prefix(
    rule: Rule,
    job: Job,
    node: Mapping[str, object],
    parent: str,
    key: str,
    allowed: tuple[S3Location, ...] | None,
) -> Iterator[Finding]:
    uri = job.text(node, key)
    if allowed is None or uri is None:
        return
    location = s3_location(uri)
    if location is not None and any(location.is_below(prefix) for prefix in allowed):
        return
    yield rule.at(
        f"{parent}.{key}", "your organisation's policy does not allow this location",
        got=uri, allowed=_listing([f"s3://{item.bucket}/{item.key}" for item in allowed]),
    )  # fmt: skip


def _listed(
    rule: Rule, path: str, value: str | None, allowed: tuple[str, ...] | None
) -> Iterator[Finding]:
    if allowed is None or value is None or any(_glob(item).fullmatch(value) for item in allowed):
        return
    yield rule.at(
        path, f"your organisation's policy does not allow this {rule.title.split()[-1][:-1]}",
        got=value, allowed=_listing(allowed),
    )  # fmt: skip


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile("[^/:]*".join(re.escape(part) for part in pattern.split("*")))


def _listing(allowed: tuple[str, ...] | list[str]) -> str:
    return ", ".join(allowed) or "none"


def _network(job: Job, policy: Policy) -> Iterator[Finding]:
    vpc = job.node("VpcConfig")
    for rule, key, allowed in (
        (SUBNET, "Subnets", policy.subnets),
        (SECURITY_GROUP, "SecurityGroupIds", policy.security_groups),
    ):
        for index, item in enumerate(job.items(vpc, key)):
            if isinstance(item, str) and not job.is_late(item):
                yield from _listed(rule, f"VpcConfig.{key}[{index}]", item, allowed)


def _target(job: Job, policy: Policy) -> Iterator[Finding]:
    target = job.target
    if target is None or (policy.devices is None and policy.platforms is None):
        return
    if target.device is not None:
        yield from _listed(TARGET, target.path, target.name, policy.devices or ())
        return
    name = "/".join(part for part in (target.os, target.arch, target.accelerator) if part)
    yield from _listed(TARGET, target.path, name, policy.platforms or ())


def _tags(job: Job, policy: Policy) -> Iterator[Finding]:
    tags = job.wire.get("Tags")
    if not policy.required_tags or job.is_late(tags):
        return
    given: dict[str, object] = {}
    for tag in job.items(job.wire, "Tags"):
        if isinstance(tag, Mapping) and isinstance(tag.get("Key"), str):
            given[str(tag["Key"])] = tag.get("Value")
    for key, values in policy.required_tags.items():
        value = given.get(key)
        if key not in given:
            yield TAGS.at("Tags", f"your organisation's policy demands the tag {key}",
                          allowed=_listing(values) if values else "any value",
                          hint=f"Add the tag {key}.")  # fmt: skip
        elif values and not job.is_late(value) and value not in values:
            yield TAGS.at("Tags", f"your organisation's policy does not allow this value of {key}",
                          got=str(value), allowed=_listing(values))  # fmt: skip


def _runtime(job: Job, policy: Policy) -> Iterator[Finding]:
    limit = policy.max_runtime_seconds
    seconds = job.node("StoppingCondition").get("MaxRuntimeInSeconds")
    if limit is None or job.is_late(seconds) or job.is_late(job.wire.get("StoppingCondition")):
        return
    if isinstance(seconds, int) and seconds <= limit:
        return
    yield RUNTIME.at(
        "StoppingCondition.MaxRuntimeInSeconds",
        "your organisation's policy limits the run time of a job",
        got="none" if seconds is None else str(seconds), allowed=f"1 to {limit} seconds",
    )  # fmt: skip
