"""From constructs to what the Lambda would get: synthesis, and CloudFormation's part of it.

`Resolver` does to a template's values what CloudFormation does: intrinsic functions become made-up
values, and numbers and booleans become text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aws_cdk as cdk

JOB = "Custom::NeoCompilationJob"
STACK_ID = (
    "arn:aws:cloudformation:us-east-1:123456789012:stack/S/0a1b2c3d-1111-2222-3333-444455556666"
)
OWNER = "s0a1b2c3d"
PSEUDO: Mapping[str, str] = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackId": STACK_ID,
    "AWS::StackName": "S",
    "AWS::URLSuffix": "amazonaws.com",
}


def template_of(stack: cdk.Stack) -> dict[str, Any]:
    """Return a stack's template, from a synthesis of its whole app."""
    stage = cdk.Stage.of(stack)
    assert stage is not None
    assembly = stage.synth(force=True)
    template = assembly.get_stack_artifact(stack.artifact_id).template
    assert isinstance(template, dict)
    return template


def synthesized(build: Callable[[cdk.Stack], object]) -> dict[str, Any]:
    """Return the template of a stack called S after `build` put something into it."""
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    build(stack)
    return template_of(stack)


def of_type(template: Mapping[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the resources of one type by logical id."""
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def only(template: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return the one resource of a type."""
    found = of_type(template, kind)
    assert len(found) == 1, f"{len(found)} resources of type {kind}"
    return next(iter(found.values()))


def statements(template: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every statement of every identity policy, with the policy's logical id."""
    for name, resource in template["Resources"].items():
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                yield name, statement


@dataclass
class Resolver:
    """Values for a template's references."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def properties(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return a resource's properties as a custom resource's handler receives them."""
        resolved = self.resolve(resource["Properties"])
        assert isinstance(resolved, dict)
        return resolved

    def resolve(self, node: Any) -> Any:
        """Return a node of the template, resolved and turned into text as CloudFormation does."""
        match node:
            case {"Ref": str(name)} if len(node) == 1:
                return self.value(name)
            case dict() if len(node) == 1 and next(iter(node)).startswith("Fn::"):
                return self._function(*next(iter(node.items())))
            case dict():
                return {key: self.resolve(value) for key, value in node.items()}
            case list():
                return [self.resolve(item) for item in node]
            case bool():
                return str(node).lower()
            case int() | float():
                return str(node)
            case _:
                return node

    def value(self, name: str) -> Any:
        """Return what a reference becomes: what was given for it, or its own name."""
        return self.values.get(name, PSEUDO.get(name, f"value-of-{name}"))

    def _function(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Fn::GetAtt", [resource, attribute]:
                return self.value(f"{resource}.{attribute}")
            case "Fn::Join", [separator, parts]:
                return separator.join(self.resolve(parts))
            case "Fn::Sub", str(text):
                return re.sub(r"\$\{([^}]+)}", lambda found: str(self.value(found[1])), text)
            case "Fn::Split", [separator, text]:
                return self.resolve(text).split(separator)
            case "Fn::Select", [index, items]:
                return self.resolve(items)[int(index)]
            case _:
                raise AssertionError(f"the resolver does not know {name} {argument}")
