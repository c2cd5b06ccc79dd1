"""Evaluate a template's intrinsic functions, as far as their values are known before a deployment.

What is known after it only becomes an ``Unknown``: text that reads as Fn::Sub would write it, say
``s3://${Bucket}/compiled``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from reconciler.cli.app.conditions import holds

SUBSTITUTION: Final = re.compile(r"\$\{(!?)([^}]+)\}")
_DYNAMIC_REFERENCE: Final = "{{resolve:"
_NO_VALUE: Final = "AWS::NoValue"

Node: TypeAlias = Any
"""A part of a template: any JSON value."""


class Unknown(str):
    """A text that is known, or a part of it, after the deployment only."""

    __slots__ = ()


class References(Protocol):
    """What a template refers to."""

    def ref(self, name: str) -> Node:
        """Return what Ref gives: of a parameter, a pseudo parameter, a resource."""
        ...

    def attribute(self, resource: str, name: str) -> Node:
        """Return what Fn::GetAtt gives."""
        ...

    def imported(self, name: str) -> Node:
        """Return what Fn::ImportValue gives."""
        ...


def is_unknown(value: object) -> bool:
    """Return whether a value, or anything in it, is known after the deployment only."""
    match value:
        case Mapping():
            return any(map(is_unknown, value.values()))
        case list():
            return any(map(is_unknown, value))
        case _:
            return isinstance(value, Unknown)


def joined(separator: str, parts: Sequence[object]) -> str:
    """Return texts as one, which is Unknown if a part is."""
    text = separator.join(map(str, parts))
    return Unknown(text) if any(map(is_unknown, parts)) else text


@dataclass(frozen=True, slots=True)
class TemplateEvaluator:
    """Evaluates values of one template.

    Attributes:
        template: The template.
        references: What it refers to.
    """

    template: Mapping[str, Any]
    references: References

    def value(self, node: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return a value with its functions evaluated, members without a value left out."""
        match node:
            case Mapping() if (function := _function(node)) is not None:
                return self._call(function, node[function])
            case Mapping():
                return {key: self.value(each) for key, each in node.items() if _has_value(each)}
            case list():
                return [self.value(each) for each in node if _has_value(each)]
            case str() if _DYNAMIC_REFERENCE in node:
                return Unknown(node)
            case _:
                return node

    def holds(self, condition: str | None) -> bool | None:
        """Return whether a condition holds; None if that is known after the deployment only."""
        if condition is None:
            return True
        return holds(self.template.get("Conditions", {}), condition, self.value, is_unknown)

    def _call(self, function: str, argument: Node) -> Node:
        known = _FUNCTIONS.get(function)
        if known is None:
            return _unknown(function, self.value(argument))
        return known(self, argument)

    def _ref(self, name: str) -> Node:
        return self.references.ref(name)

    def _get_att(self, argument: Node) -> Node:
        resource, name = argument.split(".", 1) if isinstance(argument, str) else argument
        return self.references.attribute(resource, self.value(name))

    def _import(self, argument: Node) -> Node:
        return self.references.imported(self.value(argument))

    def _join(self, argument: Node) -> Node:
        separator, parts = argument[0], self.value(argument[1])
        return joined(separator, parts) if isinstance(parts, list) else parts

    def _split(self, argument: Node) -> Node:
        text = self.value(argument[1])
        return _unknown("Fn::Split", text) if is_unknown(text) else text.split(argument[0])

    def _select(self, argument: Node) -> Node:
        index, parts = self.value(argument[0]), self.value(argument[1])
        if not isinstance(parts, list) or is_unknown(index):
            return _unknown(f"Fn::Select {index}", parts)
        return parts[int(index)]

    def _sub(self, argument: Node) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        parts: list[object] = []
        end = 0
        for found in SUBSTITUTION.finditer(text):
            parts += [text[end : found.start()], self._substituted(found, given)]
            end = found.end()
        return joined("", [*parts, text[end:]])

    def _substituted(self, found: re.Match[str], given: Mapping[str, Any]) -> object:
        is_literal, name = found[1], found[2]
        if is_literal:
            return f"${{{name}}}"
        if name in given:
            return self.value(given[name])
        resource, dot, attribute = name.partition(".")
        if dot:
            return self.references.attribute(resource, attribute)
        return self.references.ref(name)

    def _find_in_map(self, argument: Node) -> Node:
        mapping, *keys = map(self.value, argument[:3])
        node = self.template.get("Mappings", {}).get(mapping, {})
        for key in keys:
            if is_unknown(key) or key not in node:
                return _unknown("Fn::FindInMap", [mapping, *keys])
            node = node[key]
        return node

    def _if(self, argument: Node) -> Node:
        condition, then, otherwise = argument
        found = self.holds(condition)
        if found is None:
            return _unknown("Fn::If", [condition, self.value(then), self.value(otherwise)])
        return self.value(then if found else otherwise)


_FUNCTIONS: Final[Mapping[str, Callable[[TemplateEvaluator, Any], Any]]] = {
    "Ref": TemplateEvaluator._ref,
    "Fn::GetAtt": TemplateEvaluator._get_att,
    "Fn::ImportValue": TemplateEvaluator._import,
    "Fn::Join": TemplateEvaluator._join,
    "Fn::Split": TemplateEvaluator._split,
    "Fn::Select": TemplateEvaluator._select,
    "Fn::Sub": TemplateEvaluator._sub,
    "Fn::FindInMap": TemplateEvaluator._find_in_map,
    "Fn::If": TemplateEvaluator._if,
}


def _function(node: Mapping[str, Any]) -> str | None:
    name = next(iter(node), "") if len(node) == 1 else ""
    return name if name == "Ref" or name.startswith("Fn::") else None


def _has_value(node: object) -> bool:
    return node != {"Ref": _NO_VALUE}


def _unknown(function: str, argument: object) -> Unknown:
    return Unknown(f"${{{function} {json.dumps(argument)}}}")
