"""A check that aspects leave the names of jobs' roles unchanged."""

from __future__ import annotations

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import IValidation


@jsii.implements(IValidation)
class NamedRoles:
    """The jobs' own roles of one stack; looks at them at synthesis, when aspects have visited all.

    A job names its role by an ARN that is spelled out (docs/decisions/0013). An aspect that gives
    all roles of an app a path or another prefix would make it the ARN of no role.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        self._stack = stack
        self._roles: list[tuple[str, str, iam.Role]] = []

    def add(self, path: str, name: str, role: iam.Role) -> None:
        """Add a role with its name and the path of its job."""
        self._roles.append((path, name, role))

    def validate(self) -> list[str]:
        """Return what aspects changed; an app without aspects costs no call to jsii."""
        if not any(cdk.Aspects.of(scope).all for scope in self._stack.node.scopes):
            return []
        return [said for path, name, role in self._roles if (said := _changed(path, name, role))]


def _changed(path: str, name: str, role: iam.Role) -> str | None:
    resource = role.node.default_child
    assert isinstance(resource, iam.CfnRole)
    if resource.path not in (None, "/"):
        change = f"the path {resource.path!r}"
    elif resource.role_name != name:
        change = f"the name {resource.role_name!r}"
    else:
        return None
    return (
        f"[{path}] an aspect gives the role of this job {change}; the job would not find it, since "
        f"it names the role by itself. Leave {path}/Role out of the aspect, or give the job "
        "role=iam.Role(...) of your own"
    )
