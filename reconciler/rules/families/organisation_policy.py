"""NEO701 to NEO712: does a job keep to the organisation's policy?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from reconciler.rules.finding import Finding
from reconciler.rules.job import Job
from reconciler.rules.organisation_policy import OrganisationPolicy
from reconciler.rules.rule import Rule, error
from reconciler.rules.s3_uri import S3Location, s3_location

KMS_REQUIRED: Final = error("NEO701", "policy-kms-key-required")
VPC_REQUIRED: Final = error("NEO702", "policy-vpc-required")
INPUT: Final = error("NEO703", "policy-input-prefix")
OUTPUT: Final = error("NEO704", "policy-output-prefix")
ROLE: Final = error("NEO705", "policy-role")
KMS_KEY: Final = error("NEO706", "policy-kms-key")
SUBNET: Final = error("NEO707", "policy-subnet")
SECURITY_GROUP: Final = error("NEO708", "policy-security-group")
TARGET: Final = error("NEO709", "policy-target")
REGION: Final = error("NEO710", "policy-region")
TAGS: Final = error("NEO711", "policy-tag")
RUNTIME: Final = error("NEO712", "policy-max-runtime")

RULES: Final = (
    KMS_REQUIRED, VPC_REQUIRED, INPUT, OUTPUT, ROLE, KMS_KEY, SUBNET, SECURITY_GROUP, TARGET,
    REGION, TAGS, RUNTIME,
)  # fmt: skip


def check(job: Job, policy: OrganisationPolicy) -> Iterator[Finding]:
    """Every breach of the policy. Late values are left for when they are real."""
    yield from _required(job, policy)
    yield from _prefix(INPUT, job, job.input, "InputConfig", "S3Uri", policy.input_prefixes)
    yield from _prefix(
        OUTPUT, job, job.output, "OutputConfig", "S3OutputLocation", policy.output_prefixes
    )
    yield from _listed(ROLE, "role", "RoleArn", job.text(job.wire, "RoleArn"), policy.roles)
    yield from _listed(
        KMS_KEY,
        "KMS key",
        "OutputConfig.KmsKeyId",
        job.text(job.output, "KmsKeyId"),
        policy.kms_keys,
    )
    yield from _network(job, policy)
    yield from _target(job, policy)
    if policy.regions is not None and job.region is not None:
        yield from _listed(REGION, "region", "", job.region, policy.regions)
    yield from _tags(job, policy)
    yield from _runtime(job, policy)


def _required(job: Job, policy: OrganisationPolicy) -> Iterator[Finding]:
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
    rule: Rule, what: str, path: str, value: str | None, allowed: tuple[str, ...] | None
) -> Iterator[Finding]:
    if allowed is None or value is None or any(_glob(item).fullmatch(value) for item in allowed):
        return
    yield rule.at(
        path, f"your organisation's policy does not allow this {what}",
        got=value, allowed=_listing(allowed),
    )  # fmt: skip


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile("[^/:]*".join(re.escape(part) for part in pattern.split("*")))


def _listing(allowed: tuple[str, ...] | list[str]) -> str:
    return ", ".join(allowed) or "none"


def _network(job: Job, policy: OrganisationPolicy) -> Iterator[Finding]:
    vpc = job.node("VpcConfig")
    for rule, what, key, allowed in (
        (SUBNET, "subnet", "Subnets", policy.subnets),
        (SECURITY_GROUP, "security group", "SecurityGroupIds", policy.security_groups),
    ):
        for index, item in enumerate(job.items(vpc, key)):
            if isinstance(item, str) and not job.is_late(item):
                yield from _listed(rule, what, f"VpcConfig.{key}[{index}]", item, allowed)


def _target(job: Job, policy: OrganisationPolicy) -> Iterator[Finding]:
    target = job.target
    if target is None or (policy.devices is None and policy.platforms is None):
        return
    if target.device is not None:
        yield from _listed(TARGET, "target", target.path, target.name, policy.devices or ())
        return
    name = "/".join(part for part in (target.os, target.arch, target.accelerator) if part)
    yield from _listed(TARGET, "target", target.path, name, policy.platforms or ())


def _tags(job: Job, policy: OrganisationPolicy) -> Iterator[Finding]:
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


def _runtime(job: Job, policy: OrganisationPolicy) -> Iterator[Finding]:
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
