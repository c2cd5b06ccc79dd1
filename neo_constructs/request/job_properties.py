"""The properties of `Custom::NeoCompilationJob`, written as ``reconciler.core.contract`` says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Final

import aws_cdk as cdk

from neo_constructs.request.job_arguments import JobArguments, RunArguments
from neo_constructs.request.output import JobOutput
from neo_constructs.synth import tokens
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.tokens import is_token
from neo_constructs.vocabulary.model_artifact import BoundModel
from reconciler.core import contract
from reconciler.core.contract import Verify
from reconciler.core.extraction import DeployTimeNameError, Extracted, extract

_REMOVAL_POLICIES: Final = {
    cdk.RemovalPolicy.DESTROY: contract.DESTROY,
    cdk.RemovalPolicy.RETAIN: contract.RETAIN,
}


def extract_fields(path: str, fields: Mapping[str, object]) -> Extracted:
    """Take deploy-time values out of fields; raise ConstructError for one in a JSON name."""
    try:
        return extract(fields, tokens)
    except DeployTimeNameError as error:
        raise ConstructError(path, str(error)) from error


def declaration(
    logical_name: str,
    model: BoundModel,
    output: JobOutput,
    arguments: JobArguments,
    extracted: Extracted,
) -> dict[str, object]:
    """Return Declaration, one literal JSON text without tokens, and LateBound, what it lacks."""
    revision, retries = model.revision, arguments.get("retries", contract.DEFAULT_RETRIES)
    values = dict(extracted.values)
    if is_token(revision):
        values[contract.REVISION_POINTER] = revision
        revision = None
    if is_token(retries):
        values[contract.RETRIES_POINTER] = retries
        retries = 0
    declared = {
        contract.SCHEMA: contract.DECLARATION_SCHEMA,
        contract.LOGICAL_NAME: logical_name,
        contract.REQUEST: extracted.known(),
        contract.REVISION: revision,
        contract.EXACT_OUTPUT: output.is_exact,
        contract.POLICY: {contract.RETRIES: retries},
    }
    return {contract.DECLARATION: _one_text(declared), contract.LATE_BOUND: values}


def run_settings(path: str, arguments: RunArguments) -> dict[str, object]:
    """Return the properties that jobs and fleets have in common."""
    policy = arguments.get("removal_policy", cdk.RemovalPolicy.DESTROY)
    verify = Verify(arguments.get("verify", Verify.OFF))
    return {
        contract.REMOVAL_POLICY: removal_policy_property(path, policy),
        contract.WAIT: contract.flag(arguments.get("wait", True)),
        contract.DEADLINE_SECONDS: f"{contract.MAX_DEADLINE.total_seconds():.0f}",
        contract.OUTPUT_BUCKET_OWNER: arguments.get("output_bucket_owner"),
        **({} if verify is Verify.OFF else {contract.VERIFY: verify.value}),
    }


def cannot_verify(path: str) -> ConstructError:
    """Return the error of a deployment that is to verify an artifact that it does not wait for."""
    return ConstructError(
        path,
        "verify is given, but with wait=False the deployment ends before there is an artifact; "
        "leave out one of them, and run `neoctl verify` afterwards",
    )


@cache
def service_timeout() -> cdk.Duration:
    """Return how long CloudFormation waits for an answer."""
    return cdk.Duration.seconds(contract.SERVICE_TIMEOUT.total_seconds())


def removal_policy_property(path: str, policy: cdk.RemovalPolicy) -> str:
    """Return a removal policy as the property has it; raise ConstructError for SNAPSHOT."""
    try:
        return _REMOVAL_POLICIES[policy]
    except KeyError:
        raise ConstructError(
            path,
            f"removal_policy is {policy.name}; DESTROY and RETAIN are allowed, and decide "
            "whether finished jobs' records are kept",
        ) from None


def _one_text(declared: Mapping[str, object]) -> str:
    return json.dumps(declared, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
