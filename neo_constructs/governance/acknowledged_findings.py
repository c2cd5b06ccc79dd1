"""AcknowledgedFindings: reasons for what rule packs find in this library's resources.

cdk-nag's packs know no context, so they find things in a provider that are as they are for a
reason. `AcknowledgedFindings` says those reasons where cdk-nag 3 (and CDK's own validation) look
for them. It answers for what this library makes, never for what the app adds to it, and needs no
package besides aws-cdk-lib:

    AcknowledgedFindings().apply_to(app)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import aws_cdk as cdk
import jsii
from constructs import IConstruct, IValidation

from neo_constructs.governance.finding_reasons import BY_TYPE, DEFAULT_BUCKET, INLINE, STARS
from neo_constructs.governance.parts import Part, part_of
from neo_constructs.iam.statements import listed
from neo_constructs.request.construct_ids import DEFAULT_BUCKET_ID, PROVIDER_ID
from neo_constructs.synth.typed import typed
from reconciler.core.contract import JOB_RESOURCE

_POLICIES: Final = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


@jsii.implements(cdk.IAspect)
class AcknowledgedFindings:
    """An aspect that gives the reasons for what rule packs find in this library's resources.

    Aspects do not reach into stages: in an app that has some, call ``apply_to(app)`` when
    everything is made. CDK Pipelines synthesizes a stage when it is added to the pipeline: there,
    call ``apply_to(stage)`` before.

    An app can say reasons for resources of its own, in one file that can be reviewed:
    ``AcknowledgedFindings.from_file("acknowledged-findings.json")``.
    """

    def __init__(self, own: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """Answer what this library makes, and what the app answers itself.

        Args:
            own: Reasons by rule, by the construct path of a resource (`Stack/Bucket/Resource`).
        """
        self._own = own or {}

    @staticmethod
    @typed
    def from_file(path: str | os.PathLike[str]) -> AcknowledgedFindings:
        """Read the app's own reasons from a JSON file: construct path, rule, reason.

        Raises ValueError that names the file.
        """
        try:
            own = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror or error}") from error
        except ValueError as error:
            raise ValueError(f"{path}: not JSON: {error}") from error
        if not _is_reasons(own):
            raise ValueError(
                f'{path}: must be an object of objects of texts, {{"Stack/Bucket/Resource": '
                '{"AwsSolutions-S1": "why"}}'
            )
        return AcknowledgedFindings(own)

    def apply_to(self, scope: IConstruct) -> None:
        """Add the aspect to this scope and to every stage below it that is made by now."""
        for node in (scope, *scope.node.find_all()[1:]):
            if node is scope or cdk.Stage.is_stage(node):
                cdk.Aspects.of(node).add(self)

    def visit(self, node: IConstruct) -> None:
        """Acknowledge what is known of this resource, if it is one of ours."""
        if not isinstance(node, cdk.CfnResource):
            return
        if self._own and (reasons := self._own.get(node.node.path)):
            node.node.add_metadata(cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY, dict(reasons))
        if node.cfn_resource_type in _POLICIES:
            node.node.add_validation(_WhenReferencesAreKnown(node))
        else:
            _acknowledge(node)


@jsii.implements(IValidation)
class _WhenReferencesAreKnown:
    """Runs after aspects, when values of other stacks have become imports: findings name those."""

    def __init__(self, resource: cdk.CfnResource) -> None:
        self._resource = resource

    def validate(self) -> list[str]:
        """Acknowledge what is known of the policy; nothing is wrong with it."""
        _acknowledge(self._resource)
        return []


def _is_reasons(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(rules, dict) and all(isinstance(why, str) and why for why in rules.values())
        for rules in value.values()
    )


def _acknowledge(resource: cdk.CfnResource) -> None:
    reasons = dict(_reasons(resource))
    if reasons:
        resource.node.add_metadata(cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY, reasons)


def _reasons(resource: cdk.CfnResource) -> Iterator[tuple[str, str]]:
    kind, path = resource.cfn_resource_type, resource.node.path
    steps = path.split("/")
    part = Part.PROVIDER if PROVIDER_ID in steps else part_of(path)
    if part is not None:
        yield from BY_TYPE.get(part, {}).get(kind, {}).items()
    elif kind == "AWS::S3::Bucket" and steps[-2:] == [DEFAULT_BUCKET_ID, "Resource"]:
        yield from DEFAULT_BUCKET.items()
    if kind in _POLICIES and (part is not None or _is_jobs_own(resource)):
        yield from _policy_reasons(resource, kind)


def _is_jobs_own(policy: cdk.CfnResource) -> bool:
    """Return whether a policy belongs to the role that a job made for itself."""
    scopes = policy.node.scopes
    if len(scopes) < 4 or [scope.node.id for scope in scopes[-3:]] != [
        "Role", "DefaultPolicy", "Resource",
    ]:  # fmt: skip
        return False
    job = scopes[-4].node.try_find_child("Default")
    return isinstance(job, cdk.CfnResource) and job.cfn_resource_type == JOB_RESOURCE


def _policy_reasons(policy: cdk.CfnResource, kind: str) -> Iterator[tuple[str, str]]:
    if kind == "AWS::IAM::Policy":
        yield from INLINE.items()
    written = policy.policy_document  # type: ignore[attr-defined]  # by its CloudFormation type
    document = cdk.Stack.of(policy).resolve(written)
    for statement in document["Statement"]:
        actions = listed(statement["Action"])
        why = next((STARS[action] for action in actions if action in STARS), None)
        for resource in map(_flat, listed(statement["Resource"])):
            if why is not None and "*" in resource:
                yield f"AwsSolutions-IAM5[Resource::{resource}]", why


def _flat(node: object) -> str:
    """Flatten a reference to text, as cdk-nag does (utils/flatten-cfn-reference)."""
    match node:
        case str():
            return node.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(_flat, parts))
        case {"Fn::Sub": text}:
            return _flat(text)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{_flat(name)}.{_flat(attribute)}>"
        case {"Fn::ImportValue": value}:
            return _flat(value)
        case {"Ref": name}:
            return f"<{_flat(name)}>"
        case _:
            return json.dumps(node, separators=(",", ":"), ensure_ascii=False)
