"""A check that jobs' roles are written to the template under the names that jobs know them by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk

from neo_constructs.synth.errors import ConstructError


class NamedRoles:
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
