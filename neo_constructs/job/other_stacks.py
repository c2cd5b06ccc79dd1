"""A job's values in other stacks, without exports that change with each compilation.

A job's identity changes with what it compiles. The CDK exports a value that another stack uses, and
CloudFormation refuses to change an export while a stack imports it. The id of the job's stack and
the name of an SSM parameter do not change.
"""

from __future__ import annotations

from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from neo_constructs.provider.compilation_provider import owner_of
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import Home, home_of, reference
from neo_constructs.synth.tokens import is_token
from reconciler.core.identity import ID_LENGTH, Owner, slug

_PARAMETER_ID: Final = "ArtifactsUri"
_NAME_LENGTH: Final = 200
_ANY_STACK: Final = Owner("s00000000")  # as long as the owner of any stack: slugs depend on it


class OtherStacks:
    """A job as other stacks of its app use it."""

    def __init__(self, job: Construct, path: str, stack: cdk.Stack, logical_name: str) -> None:
        self._job, self._path, self._stack = job, path, stack
        self._logical_name = logical_name
        self._parameter: str | None = None

    def have(self, grantee: iam.IGrantable) -> bool:
        """Return whether the policies of a grantee are in another stack."""
        principal = grantee.grant_principal
        return hasattr(principal, "node") and self._are_home_of(cast(Construct, principal))

    def _are_home_of(self, scope: Construct) -> bool:
        return reference(cdk.Stack.of(scope)) != reference(self._stack)

    def identities(self) -> str:
        """Return an IAM pattern of the identities that the job has and will have."""
        owner = owner_of(self._stack.stack_id)
        return f"{owner}-{slug(self._logical_name, _ANY_STACK)}-{'?' * ID_LENGTH}"

    def job_arns(self) -> list[str]:
        """Return IAM patterns of the ARNs of these: of first attempts, and of further ones."""
        jobs = self._stack.format_arn(
            service="sagemaker", resource="compilation-job", resource_name=self.identities()
        )
        return [jobs, f"{jobs}-r*"]

    def value_for(self, scope: Construct, value: str, parameter_name: str | None) -> str:
        """Return a value of the job for a construct of any stack, by a parameter in another one.

        Raises ConstructError for a stack of another account or region, and for a second name.
        """
        is_elsewhere = self._are_home_of(scope)
        if is_elsewhere or parameter_name is not None:
            name = self._written(value, parameter_name)
        return self._read(cdk.Stack.of(scope), name) if is_elsewhere else value

    def _written(self, value: str, asked: str | None) -> str:
        """Return the name of the job's parameter, which is made on the first call."""
        from aws_cdk import aws_ssm as ssm  # few jobs need it

        if self._parameter is None:
            self._parameter = asked or self._default_name()
            ssm.StringParameter(
                self._job, _PARAMETER_ID, parameter_name=self._parameter, string_value=value,
                description="The compiled artifact of a SageMaker Neo job",
            )  # fmt: skip
        if asked not in (None, self._parameter):
            raise ConstructError(
                self._path,
                f"parameter_name is {asked!r}; an earlier call named it {self._parameter!r}",
            )
        return self._parameter

    def _default_name(self) -> str:
        stack = self._stack.stack_name
        if is_token(stack):
            raise ConstructError(
                self._path, "the stack's name is known at deployment only; give parameter_name"
            )
        unique = cdk.Names.unique_resource_name(self._job, max_length=_NAME_LENGTH, separator="-")
        return f"/neo/{stack}/{unique}"

    def _read(self, stack: cdk.Stack, name: str) -> str:
        from aws_cdk import aws_ssm as ssm

        if _differ(home_of(self._stack), home_of(stack)):
            raise ConstructError(
                self._path,
                f"{stack.node.path} is in another account or region, and cannot read a parameter "
                "of this one; declare the job there, or hand the URI over in your pipeline",
            )
        if reference(cdk.Stage.of(self._stack)) == reference(cdk.Stage.of(stack)):
            stack.add_stack_dependency(self._stack, f"reads {name}")
        return ssm.StringParameter.value_for_string_parameter(stack, name)


def _differ(one: Home, other: Home) -> bool:
    pairs = ((one.account, other.account), (one.region, other.region))
    return any(a != b for a, b in pairs if not (is_token(a) or is_token(b)))
