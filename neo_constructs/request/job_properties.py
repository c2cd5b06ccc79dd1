"""The properties of `Custom::NeoCompilationJob`, written as ``reconciler.core.contract`` says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk

from neo_constructs.errors import ConstructError
from neo_constructs.synth.tokens import is_token
from reconciler.core import contract
from reconciler.core.deploy_time import Extracted

_REMOVAL_POLICIES: Final = {
    cdk.RemovalPolicy.DESTROY: contract.DESTROY,
    cdk.RemovalPolicy.RETAIN: contract.RETAIN,
}


def declaration_properties(
    logical_name: str,
    extracted: Extracted,
    revision: str | None,
    exact_output: bool,
    retries: float,
) -> dict[str, object]:
    """Return Declaration, one literal JSON text without tokens, and LateBound, what it lacks."""
    values = dict(extracted.values)
    if is_token(revision):
        values[contract.REVISION_POINTER] = revision
        revision = None
    if is_token(retries):
        values[contract.RETRIES_POINTER] = retries
        retries = 0
    declaration = {
        contract.SCHEMA: contract.DECLARATION_SCHEMA,
        contract.LOGICAL_NAME: logical_name,
        contract.REQUEST: extracted.literal,
        contract.REVISION: revision,
        contract.EXACT_OUTPUT: exact_output,
        contract.POLICY: {contract.RETRIES: retries},
    }
    return {contract.DECLARATION: _one_text(declaration), contract.LATE_BOUND: values}


def setting_properties(
    path: str, removal_policy: cdk.RemovalPolicy, wait: bool, output_bucket_owner: str | None
) -> dict[str, object]:
    """Return the properties that say how a job is brought about and removed."""
    return {
        contract.REMOVAL_POLICY: removal_policy_property(path, removal_policy),
        contract.WAIT: contract.flag(wait),
        contract.DEADLINE_SECONDS: f"{contract.MAX_DEADLINE.total_seconds():.0f}",
        contract.OUTPUT_BUCKET_OWNER: output_bucket_owner,
    }


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


def _one_text(declaration: Mapping[str, object]) -> str:
    return json.dumps(declaration, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
