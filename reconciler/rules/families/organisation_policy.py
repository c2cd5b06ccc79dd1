"""NEO701 to NEO714: does a job comply with the organisation's policy?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
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
PACKAGE: Final = error("NEO713", "policy-model-package")
WAIT_TIME: Final = error("NEO714", "policy-max-wait-time")

RULES: Final = (
    KMS_REQUIRED, VPC_REQUIRED, INPUT, OUTPUT, ROLE, KMS_KEY, SUBNET, SECURITY_GROUP, TARGET,
    REGION, TAGS, RUNTIME, PACKAGE, WAIT_TIME,
)  # fmt: skip

_PLAIN_KEY: Final = "Use a plain key: letters, digits, !_.'()@=,:- and no '..', '.' or '//'."


def check(job: Job, policy: OrganisationPolicy) -> Iterator[Finding]:
    """Yield every violation of the policy. Deploy-time values are left to the Lambda."""
    yield from _required(job, policy)
    yield from _places(job, policy)
    yield from _listed(ROLE, "role", "RoleArn", job.text(job.wire, "RoleArn"), policy.roles)
    key = job.text(job.output, "KmsKeyId")
    yield from _listed(KMS_KEY, "KMS key", "OutputConfig.KmsKeyId", key, policy.kms_keys)
    yield from _network(job, policy)
    yield from _target(job, policy)
    if policy.regions is not None and job.region is not None:
        yield from _listed(REGION, "region", "", job.region, policy.regions)
    yield from _tags(job, policy)
    yield from _limits(job, policy)


def _required(job: Job, policy: OrganisationPolicy) -> Iterator[Finding]:
    if policy.require_kms_key and not job.output.get("KmsKeyId"):
        yield KMS_REQUIRED.at(
            "OutputConfig", "your organisation's policy requires a KMS key",
            hint="Add OutputConfig.KmsKeyId.",
        )  # fmt: skip
    if policy.require_vpc and not job.wire.get("VpcConfig"):
        yield VPC_REQUIRED.at(
            "", "your organisation's policy requires a VPC", hint="Add VpcConfig."
        )


def _places(job: Job, policy: OrganisationPolicy) -> Iterator[Finding]:
    model, output = job.text(job.input, "S3Uri"), job.text(job.output, "S3OutputLocation")
    if model is not None and policy.input_prefixes is not None:
        found = s3_location(model)
        yield from _prefix(INPUT, "InputConfig.S3Uri", model, found, policy.input_prefixes)
    if output is not None and policy.output_prefixes is not None:
        found = s3_location(output)
        folder = None if found is None else found.as_folder()
        path = "OutputConfig.S3OutputLocation"
        yield from _prefix(OUTPUT, path, output, folder, policy.output_prefixes)
    package, allowed = job.text(job.wire, "ModelPackageVersionArn"), policy.model_packages
    if allowed is None and policy.input_prefixes is not None:
        allowed = ()  # what a package holds may lie anywhere
    yield from _listed(PACKAGE, "model package", "ModelPackageVersionArn", package, allowed)


def _prefix(
    rule: Rule, path: str, uri: str, place: S3Location | None, allowed: tuple[S3Location, ...]
) -> Iterator[Finding]:
    if place is not None and any(place.is_below(prefix) for prefix in allowed):
        return
    yield rule.at(
        path, "your organisation's policy does not allow this location", got=uri,
        allowed=_listing(f"s3://{item.bucket}/{item.key}" for item in allowed),
        hint=_PLAIN_KEY if place is not None and not place.is_plain else "",
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


def _listing(allowed: Iterable[str]) -> str:
    return ", ".join(allowed) or "none"


def _network(job: Job, policy: OrganisationPolicy) -> Iterator[Finding]:
    vpc = job.node("VpcConfig")
    for rule, what, key, allowed in (
        (SUBNET, "subnet", "Subnets", policy.subnets),
        (SECURITY_GROUP, "security group", "SecurityGroupIds", policy.security_groups),
    ):
        for index, item in enumerate(job.items(vpc, key)):
            if isinstance(item, str) and not job.is_deploy_time(item):
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
    if not policy.required_tags or job.is_deploy_time(tags):
        return
    given: dict[str, object] = {}
    for tag in job.items(job.wire, "Tags"):
        if isinstance(tag, Mapping) and isinstance(tag.get("Key"), str):
            given[str(tag["Key"])] = tag.get("Value")
    for key, values in policy.required_tags.items():
        value = given.get(key)
        if key not in given:
            yield TAGS.at("Tags", f"your organisation's policy requires the tag {key}",
                          allowed=_listing(values) if values else "any value",
                          hint=f"Add the tag {key}.")  # fmt: skip
        elif values and not job.is_deploy_time(value) and value not in values:
            yield TAGS.at("Tags", f"your organisation's policy does not allow this value of {key}",
                          got=str(value), allowed=_listing(values))  # fmt: skip


def _limits(job: Job, policy: OrganisationPolicy) -> Iterator[Finding]:
    condition = job.node("StoppingCondition")
    if job.is_deploy_time(job.wire.get("StoppingCondition")):
        return
    for rule, key, limit, is_required in (
        (RUNTIME, "MaxRuntimeInSeconds", policy.max_runtime_seconds, True),
        (WAIT_TIME, "MaxWaitTimeInSeconds", policy.max_wait_time_seconds, False),
    ):
        seconds = condition.get(key)
        if limit is None or job.is_deploy_time(seconds) or (seconds is None and not is_required):
            continue
        if not isinstance(seconds, int) or seconds > limit:
            yield rule.at(
                f"StoppingCondition.{key}", f"your organisation's policy limits {key}",
                got="none" if seconds is None else str(seconds), allowed=f"1 to {limit} seconds",
            )  # fmt: skip
