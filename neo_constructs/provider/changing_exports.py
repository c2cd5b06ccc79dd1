"""A warning for exports of a stack that change with each compilation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import aws_cdk as cdk
from constructs import IConstruct

from neo_constructs.synth.jsii_cache import node_of
from neo_constructs.synth.late_check import check_late

_EXPORTS_ID: Final = "Exports"  # the CDK's construct for what other stacks use


class ChangingExports:
    """A check at synthesis whether a stack exports values of its jobs, each with its path."""

    def __init__(self, stack: cdk.Stack, jobs: Sequence[tuple[str, cdk.CustomResource]]) -> None:
        self._stack, self._jobs = stack, jobs
        check_late(stack, self._check)

    def _check(self) -> list[str]:
        """Warn of each job with such exports; nothing is refused."""
        exported = {name: attribute for name, attribute in self._exported()}
        if not exported:
            return []
        for path, job in self._jobs:
            attribute = exported.get(self._stack.resolve(job.ref)["Ref"])
            if attribute is not None:
                cdk.Annotations.of(job).add_warning_v2("neo:changingExport", _said(path, attribute))
        return []

    def _exported(self) -> Iterator[tuple[str, str]]:
        """Yield the logical id and the attribute of each reference in an exported value."""
        for output in self._outputs():
            if output.export_name is not None:
                yield from _references(self._stack.resolve(output.value))

    def _outputs(self) -> Iterator[cdk.CfnOutput]:
        """Yield the outputs that the CDK made for other stacks, and those of the stack itself."""
        made = node_of(self._stack).try_find_child(_EXPORTS_ID)
        scopes: list[IConstruct] = [self._stack] if made is None else [self._stack, made]
        for scope in scopes:
            for each in node_of(scope).children:
                if isinstance(each, cdk.CfnOutput):
                    yield each


def _references(value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a template's value
    match value:
        case {"Ref": str(name)}:
            yield name, "compilation_job_identity"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            yield name, attribute
        case dict():
            for each in value.values():
                yield from _references(each)
        case list():
            for each in value:
                yield from _references(each)


def _said(path: str, attribute: str) -> str:
    return (
        f"[{path}] {attribute} of this job is exported and changes with each compilation; "
        "CloudFormation refuses to change an export while a stack imports it (Cannot update export "
        "... as it is in use). For the artifact's URI use job.artifacts_uri_for(scope); for other "
        "values an SSM parameter, or the CDK's weak references: "
        "cdk.CrossStackReferences.of(job).produce(cdk.ReferenceStrength.WEAK)"
    )
