"""Types of arguments, checked at run time with a message that says what is allowed.

For callers without a type checker: jsii's own errors would name a missing attribute, and
``wait="false"`` would go unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.tokens import is_token
from neo_constructs.synth.typed import Method, shown, takes, typed
from neo_constructs.vocabulary.compiler_options import CompilerOptions
from neo_constructs.vocabulary.data_input_config import DataInputConfig
from neo_constructs.vocabulary.framework import Framework
from neo_constructs.vocabulary.model_artifact import ModelArtifact
from neo_constructs.vocabulary.target import Target
from reconciler.core.contract import MAX_RETRIES, OnFailure, Verify
from reconciler.core.fields import SETTABLE, Kind

_ACCOUNT_DIGITS: Final = 12
_OLDEST_PYTHON: Final = 12


@dataclass(frozen=True, slots=True)
class _Kind:
    """What an argument may be; `allowed` describes it in messages."""

    takes: Callable[[object], bool]
    allowed: str
    optional: bool = True


def check_arguments(path: str, arguments: Mapping[str, object]) -> None:
    """Raise ConstructError for the first argument of the wrong type.

    Rules check shapes, options and versions; Python checks names.
    """
    for name, value in arguments.items():
        if wrong := refusal(name, value):
            raise ConstructError(path, wrong)


def refusal(name: str, value: object) -> str | None:
    """Return what is wrong with an argument; empty if nothing is, None for an unknown one."""
    kind = _KINDS.get(name)
    if kind is None:
        return None
    if (value is None and kind.optional) or kind.takes(value):
        return ""
    return f"{name} is {shown(value)}; allowed is {kind.allowed}"


def checked(method: Method) -> Method:
    """Check the arguments of a method: by their names, and by annotations what has other names."""
    return typed(method, refusal)


def _a(kind: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kind)


def _has(method: str) -> Callable[[object], bool]:
    """Return a test for an interface by one of its methods, which makes no call to jsii."""
    return lambda value: not isinstance(value, type) and hasattr(value, method)


def _is_prefix(value: object) -> bool:
    if not isinstance(value, str):
        return False
    return is_token(value) or not ("://" in value or {".", ".."} & set(value.split("/")))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != "" and not is_token(value)


def _is_account(value: object) -> bool:
    if not isinstance(value, str):
        return False
    return is_token(value) or (len(value) == _ACCOUNT_DIGITS and value.isdigit())


def _is_count(value: object) -> bool:
    return is_token(value) or (type(value) is int and 0 <= value <= MAX_RETRIES)


def _is_document(value: object) -> bool:
    """Return whether a value is an object, a list or a text of JSON; tokens may be in it."""
    return isinstance(value, str | Mapping | Sequence) and _is_json(value)


def _is_json(value: object) -> bool:
    match value:
        case None | str() | bool() | int() | float():
            return True
        case Mapping():
            return all(isinstance(key, str) and _is_json(each) for key, each in value.items())
        case Sequence():
            return all(map(_is_json, value))
        case _:
            return is_token(value)


def _is_python(value: object) -> bool:
    if not isinstance(value, lambda_.Runtime) or not value.name.startswith("python3."):
        return False
    minor = value.name.removeprefix("python3.")
    return minor.isdigit() and int(minor) >= _OLDEST_PYTHON


def _are(one: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, Sequence) and not isinstance(value, str) and all(map(one, value))
    )


_BUCKET: Final = _Kind(
    _has("grant_read"),
    'an s3.IBucket, as s3.Bucket(...) or s3.Bucket.from_bucket_name(self, "Bucket", "name")',
)
_KEY: Final = _Kind(
    _has("grant_decrypt"),
    'a kms.IKey, as kms.Key(...), kms.Key.from_key_arn(self, "Key", "arn:...") or '
    'kms.Alias.from_alias_name(self, "Key", "alias/name")',
)
_DURATION: Final = _Kind(_a(cdk.Duration), "a cdk.Duration, as cdk.Duration.minutes(30)")
_PREFIX: Final = _Kind(
    _is_prefix,
    'a folder in the bucket, as "compiled/vision", without s3://, "." and ".."',
    optional=False,
)
_BOOL: Final = _Kind(
    _a(bool), 'True or False; of context, which is text, say value == "true"', optional=False
)
_BY_KIND: Final[Mapping[Kind, _Kind]] = {
    Kind.TEXT: _Kind(_a(str), "a text"),
    Kind.SECONDS: _DURATION,
    Kind.TEXTS: _Kind(_are(_a(str)), "a list of texts"),
}
_RETENTION: Final = _Kind(
    _a(logs.RetentionDays), "a logs.RetentionDays, as ONE_YEAR", optional=False
)
_KINDS: Final[Mapping[str, _Kind]] = {
    **{each.argument: _BY_KIND[each.kind] for each in SETTABLE if each.kind in _BY_KIND},
    "model": _Kind(
        _a(ModelArtifact),
        "a ModelArtifact: ModelArtifact.from_asset(path), .from_bucket(bucket, key) or "
        ".from_model_package(arn)",
        optional=False,
    ),
    "artifact": _Kind(_a(ModelArtifact), "a ModelArtifact", optional=False),
    "target": _Kind(
        _a(Target),
        'a Target, as Target.ML_C5, Target.LINUX_ARM64 or Target.parse("ml_c5")',
        optional=False,
    ),
    "framework": _Kind(_a(Framework), "a Framework, as Framework.ONNX"),
    "data_input_config": _Kind(
        lambda value: isinstance(value, DataInputConfig) or _is_document(value),
        "a dict, list or text of JSON, or a DataInputConfig, as DataInputConfig.named({...})",
    ),
    "compiler_options": _Kind(
        lambda value: isinstance(value, CompilerOptions) or _is_document(value),
        "a dict or text of JSON, or CompilerOptions, as CompilerOptions.nvidia(...)",
    ),
    "output_bucket": _BUCKET,
    "output_prefix": _PREFIX,
    "output_bucket_owner": _Kind(_is_account, 'an account, as "111122223333"'),
    "encryption_key": _KEY,
    "vpc": _Kind(
        _has("select_subnets"),
        'an ec2.IVpc, as ec2.Vpc(...) or ec2.Vpc.from_lookup(self, "Vpc", vpc_id="vpc-...")',
    ),
    "vpc_subnets": _Kind(
        _a(ec2.SubnetSelection),
        "an ec2.SubnetSelection(subnets=[...]), (subnet_type=...) or (subnet_group_name=...)",
    ),
    "security_groups": _Kind(
        _are(_has("add_egress_rule")),
        "a list of ec2.ISecurityGroup, as "
        '[ec2.SecurityGroup.from_security_group_id(self, "Group", "sg-...")]',
    ),
    "role": _Kind(
        _has("grant_pass_role"),
        'an iam.IRole, as iam.Role(...) or iam.Role.from_role_arn(self, "Role", "arn:...")',
    ),
    "removal_policy": _Kind(
        _a(cdk.RemovalPolicy),
        "cdk.RemovalPolicy.DESTROY or cdk.RemovalPolicy.RETAIN",
        optional=False,
    ),
    "wait": _BOOL,
    "retries": _Kind(_is_count, f"a whole number from 0 to {MAX_RETRIES}", optional=False),
    "exact_output": _BOOL,
    "identity": _Kind(_is_name, "a name that stays, known at synthesis"),
    "deadline": _DURATION,
    "on_failure": _Kind(
        lambda value: isinstance(value, str) and value in set(OnFailure),
        "OnFailure.FAIL or OnFailure.CONTINUE",
        optional=False,
    ),
    "prune": _BOOL,
    "verify": _Kind(
        lambda value: isinstance(value, str) and value in set(Verify),
        "Verify.OFF, Verify.WARN or Verify.FAIL",
        optional=False,
    ),
    "state_bucket": _BUCKET,
    "state_prefix": _PREFIX,
    "state_encryption_key": _KEY,
    "log_retention": _RETENTION,
    "retention": replace(_RETENTION, optional=True),
    "log_encryption_key": _KEY,
    "state_machine": _BOOL,
    "environment_encryption": _KEY,
    "reserved_concurrent_executions": _Kind(
        lambda value: is_token(value) or (type(value) is int and value > 0),
        "a whole number, at least 1",
    ),
    "runtime": _Kind(_is_python, "a lambda_.Runtime, as PYTHON_3_14; 3.12 or later"),
    "tracing": _BOOL,
    "validate": _BOOL,
    "fleet": _Kind(_has("add_job"), "a CompilationFleet", optional=False),
    "fleets": _Kind(_are(_has("add_job")), "a list of CompilationFleets", optional=False),
    "reconciliation": _Kind(_has("dead_letter_queue"), "a ContinuousReconciliation"),
    "jobs": _Kind(_a(Iterable), "CompilationJobs, as [job] or matrix.jobs.values()"),
    "job": _Kind(_has("compilation_job_name"), "a CompilationJob", optional=False),
    "watched": _Kind(
        _has("metric_failed"),
        "a CompilationJob, or NeoCompilationProvider.of(stack) for all jobs of a stack; "
        "FleetAlarms watches a fleet",
        optional=False,
    ),
    "slower_than": _DURATION,
    "pending_for": _DURATION,
    "actions": _Kind(
        _are(_has("bind")),
        "a list of cloudwatch.IAlarmAction, as [aws_cloudwatch_actions.SnsAction(topic)]",
        optional=False,
    ),
    "exclude": _Kind(_are(_a(str)), 'a list of patterns, as ["net/ml_c5"]', optional=False),
    "overrides": _Kind(_a(Mapping), 'a dict by pattern, as {"*/ml_c5": {"wait": False}}'),
    "tags": _Kind(
        partial(takes, "Mapping[str, str]", {}), 'a dict of texts, as {"team": "vision"}'
    ),
}
