"""What a template's references lead to: parameters, pseudo parameters, exports, resources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.cli.app.intrinsics import SUBSTITUTION, Node, TemplateEvaluator, Unknown
from reconciler.cli.app.resource_types import AWS_TYPES, PATH, PHYSICAL_ID
from reconciler.core.deployed_stack import DeployedStack

_NO_VALUE: Final = "AWS::NoValue"
_FROM_SSM: Final = "AWS::SSM::Parameter::Value"
_LISTS: Final = ("CommaDelimitedList", "List<")


@dataclass(frozen=True, slots=True)
class TemplateReferences:
    """The references of one template.

    Attributes:
        template: The template.
        pseudo: The pseudo parameters, AWS::Region and the like.
        parameters: The values of parameters.
        physical_id: Returns a resource's physical id; None if it is known after deploy.
        exports: Returns what stacks export.
    """

    template: Mapping[str, Any]
    pseudo: Mapping[str, Any]
    parameters: Mapping[str, Any]
    physical_id: Callable[[str], str | None]
    exports: Callable[[], Mapping[str, str]]

    def ref(self, name: str) -> Node:
        """Return what Ref gives."""
        if name == _NO_VALUE:
            return None
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.template.get("Parameters", {}):
            return self._parameter(name)
        found = self.physical_id(name)
        return Unknown(f"${{{name}}}") if found is None else found

    def attribute(self, resource: str, name: str) -> Node:
        """Return what Fn::GetAtt gives."""
        physical_id = self.physical_id(resource)
        if physical_id is None:
            return Unknown(f"${{{resource}.{name}}} after the deployment")
        definition = self.template.get("Resources", {}).get(resource, {})
        known = AWS_TYPES.get(definition.get("Type", ""))
        if known is None or name not in known.attributes:
            return Unknown(f"${{{resource}.{name}}}")
        path = definition.get("Properties", {}).get(PATH, "/")
        given = {PHYSICAL_ID: physical_id, PATH: path}
        return TemplateEvaluator(self.template, self).value(
            {"Fn::Sub": [known.attributes[name], given]}
        )

    def imported(self, name: str) -> Node:
        """Return what Fn::ImportValue gives."""
        found = self.exports().get(name) if type(name) is str else None
        return Unknown(f"${{{name}}}") if found is None else found

    def _parameter(self, name: str) -> Node:
        declared = self.template["Parameters"][name]
        kind = str(declared.get("Type", "String"))
        value = self.parameters.get(name)
        if value is None and not kind.startswith(_FROM_SSM):
            value = declared.get("Default")
        if value is None or str(declared.get("NoEcho", "")).lower() == "true":
            return Unknown(f"${{{name}}}")
        if isinstance(value, Unknown | list):
            return value
        is_list = any(each in kind for each in _LISTS)
        return [each.strip() for each in str(value).split(",")] if is_list else str(value)


@dataclass(frozen=True, slots=True)
class LastingResources:
    """Which deployed resources a deployment of another template leaves in place.

    Attributes:
        deployed: The stack.
        after: The template that is to be deployed.
        evaluate_before: Evaluates values of the deployed template.
        evaluate_after: Evaluates values of the other one.
    """

    deployed: DeployedStack
    after: Mapping[str, Any]
    evaluate_before: Callable[[Any], Any]
    evaluate_after: Callable[[Any], Any]
    _known: dict[str, bool] = field(default_factory=dict)

    def physical_id(self, name: str) -> str | None:
        """Return the physical id that a resource has now and keeps; None if it may get another."""
        if name not in self._known:
            self._known[name] = self._stays(name)
        return self.deployed.resources.get(name) if self._known[name] else None

    def _stays(self, name: str) -> bool:
        before = self.deployed.template.get("Resources", {}).get(name)
        after = self.after.get("Resources", {}).get(name)
        if before is None or after is None or before.get("Type") != after.get("Type"):
            return False
        one, other = before.get("Properties", {}), after.get("Properties", {})
        known = AWS_TYPES.get(after.get("Type", ""))
        if known is None:
            return bool(one == other) and all(
                self.physical_id(each) is not None for each in self._referred(other)
            )
        return all(
            self.evaluate_before(one.get(each)) == self.evaluate_after(other.get(each))
            for each in known.replaced_by
        )

    def _referred(self, node: Node) -> Iterator[str]:
        """Yield the resources that a value refers to."""
        resources = self.after.get("Resources", {})
        yield from (name for name in _names(node) if name in resources)


def _names(node: Node) -> Iterator[str]:
    """Yield what may be a resource's name: of Ref, Fn::GetAtt and Fn::Sub, or any text like it."""
    match node:
        case Mapping():
            for each in node.values():
                yield from _names(each)
        case list():
            for each in node:
                yield from _names(each)
        case str():
            yield node.partition(".")[0]
            yield from (found[2].partition(".")[0] for found in SUBSTITUTION.finditer(node))
        case _:
            return
