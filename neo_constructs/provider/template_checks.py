"""Checks of a stack's template as it is written: its size, and the roles of its jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import aws_cdk as cdk

from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.written_template import check_written

# CloudFormation's words are "Template may not exceed 1000000 bytes in size".
MOST_BYTES: Final = 1_000_000
# Fewer jobs of one role, of some 1,500 bytes each, do not make a template too large.
_MANY_JOBS: Final = 150


class TemplateChecks:
    """The jobs of a stack. Stacks of few jobs, all of given roles, cost no call to jsii.

    Attributes:
        jobs: Each with its path.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        self.jobs: list[tuple[str, cdk.CustomResource]] = []
        self._stack = stack
        self._roles = _NamedRoles(stack)
        self._is_asked = False

    def add_job(self, path: str, job: cdk.CustomResource) -> None:
        """Add a job with its path."""
        self.jobs.append((path, job))
        if len(self.jobs) >= _MANY_JOBS:
            self._ask()

    def add_role(self, path: str, name: str) -> None:
        """Add a job's own role by the path of the job."""
        self._roles.add(path, name)
        self._ask()

    def _ask(self) -> None:
        if not self._is_asked:
            self._is_asked = True
            check_written(self._stack, self._check)

    def _check(self, template: bytes) -> None:
        if len(template) > MOST_BYTES:
            raise ConstructError(self._stack.node.path, self._too_large(template))
        self._roles.check(template)

    def _too_large(self, template: bytes) -> str:
        own_roles = len(self._roles)
        advice = ["divide the jobs among more stacks", "declare them in a CompilationFleet"]
        if template.startswith(b"{\n"):
            advice.insert(0, "make the stack with suppress_template_indentation=True")
        if own_roles > 1:
            advice.insert(0, "give jobs one role (role=...)")
        return (
            f"the template has {len(template):,} bytes, and CloudFormation takes {MOST_BYTES:,}; "
            f"in it are {len(self.jobs)} compilation jobs, {own_roles} of them with a role of "
            f"their own. Do one of these: {'; '.join(advice)}"
        )


class _NamedRoles:
    """The jobs' own roles of one stack.

    A job names its role by an ARN that is spelled out (docs/decisions/0013). An aspect that gives
    all roles of an app a path or another prefix, or an override of one role, would make it the ARN
    of no role: SageMaker could not assume it, and the handler could not pass it.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        self._stack = stack
        self._names: dict[str, str] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._names)

    def add(self, path: str, name: str) -> None:
        """Add the role of a job by the job's path and the role's name."""
        self._names[path] = name

    def check(self, template: bytes) -> None:
        """Raise ConstructError for a role that has another name or path in the template."""
        if not self._names:
            return
        paths = _paths_by_name(json.loads(template))
        expected = self._stack.resolve(list(self._names.values()))
        for job, name in zip(self._names, expected, strict=True):
            path = paths.get(_text(name), "")
            if path != "/":
                change = f"the path {path!r}" if path else "another RoleName"
                raise ConstructError(
                    job,
                    f"{job}/Role has {change} in the template, by an aspect or an override; the "
                    "job would not find its role, since it names the role by itself. Leave the "
                    "role as it is, or give the job role=iam.Role(...) of your own",
                )


def _paths_by_name(template: Mapping[str, Any]) -> dict[str, object]:
    """Return the IAM path of each named role of a template."""
    roles = (
        each.get("Properties", {})
        for each in template["Resources"].values()
        if each["Type"] == "AWS::IAM::Role"
    )
    return {_text(role["RoleName"]): role.get("Path", "/") for role in roles if "RoleName" in role}


def _text(name: object) -> str:
    return json.dumps(name, sort_keys=True)
