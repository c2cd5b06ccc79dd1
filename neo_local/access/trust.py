"""Whether a role's trust policy lets SageMaker assume it for a resource.

https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

SERVICE = "sagemaker.amazonaws.com"
Json = Any  # a value as json.loads gives it
_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringEqualsIgnoreCase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringLike": lambda actual, wanted: _like(actual, wanted),
    "ArnEquals": lambda actual, wanted: _like(actual, wanted),
    "ArnLike": lambda actual, wanted: _like(actual, wanted),
}


def trusts_sagemaker(document: Mapping[str, Json], source_arn: str) -> bool:
    """Return whether SageMaker may assume the role for the resource of this ARN.

    The request has aws:SourceArn and aws:SourceAccount; a condition on any other key is not met,
    unless it asks for a difference or for the key's absence.
    """
    context = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_arn.split(":")[4]}
    matching = [
        statement["Effect"]
        for statement in _several(document.get("Statement", ()))
        if _is_about_sagemaker(statement) and _conditions_met(statement, context)
    ]
    return "Allow" in matching and "Deny" not in matching


def _is_about_sagemaker(statement: Mapping[str, Json]) -> bool:
    actions = [action.lower() for action in _several(statement.get("Action", ()))]
    principal = statement.get("Principal", {})
    named = ["*"] if principal == "*" else _several(principal.get("Service", ()))
    return any(fnmatchcase("sts:assumerole", action) for action in actions) and any(
        one in ("*", SERVICE) for one in named
    )


def _conditions_met(statement: Mapping[str, Json], context: Mapping[str, str]) -> bool:
    return all(
        _is_met(operator, context.get(key.lower()), [str(one) for one in _several(wanted)])
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _is_met(operator: str, actual: str | None, wanted: list[str]) -> bool:
    if operator == "Null":
        return (actual is None) == (wanted == ["true"])
    base = operator.removesuffix("IfExists")
    positive = base.replace("Not", "", 1)
    negated = positive != base
    if actual is None:
        return negated or base != operator
    compare = _OPERATORS.get(positive)
    if compare is None:
        return False
    return any(compare(actual, one) for one in wanted) != negated


def _like(actual: str, pattern: str) -> bool:
    """Compare with IAM's wildcards, * and ?; brackets are plain characters."""
    return fnmatchcase(actual, pattern.replace("[", "[[]"))


def _several(value: Json) -> Iterable[Json]:
    """Return the items of a list, or the one value that stands for a list of it."""
    return value if isinstance(value, list | tuple) else [value]
