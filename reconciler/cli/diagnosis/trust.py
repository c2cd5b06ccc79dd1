"""Whether a role's trust policy lets SageMaker take the role for a job of an account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

SERVICE: Final = "sagemaker.amazonaws.com"
_ACTION: Final = "sts:assumerole"


def why_not_trusted(trust: Mapping[str, Any], account: str, region: str) -> str:
    """Return what keeps SageMaker from taking the role; empty if nothing is seen to.

    Only conditions on the source's account and ARN are judged: others cannot be known here.

    Args:
        trust: AssumeRolePolicyDocument.
        account: The account that jobs run in.
        region: Their region.
    """
    statements = list(_statements(trust))
    if any(each.get("Effect") == "Deny" and not each.get("Condition") for each in statements):
        return f"a statement of its trust policy denies {SERVICE}"
    reasons = [
        _unmet(each.get("Condition") or {}, account, region)
        for each in statements
        if each.get("Effect") == "Allow"
    ]
    if "" in reasons:
        return ""
    return reasons[0] if reasons else f"its trust policy does not name {SERVICE}"


def _statements(trust: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the statements about SageMaker's assuming of the role."""
    for statement in _listed(trust.get("Statement")):
        principal = statement.get("Principal")
        services = _listed(principal.get("Service")) if isinstance(principal, Mapping) else []
        actions = [str(action).lower() for action in _listed(statement.get("Action"))]
        is_meant = principal == "*" or SERVICE in services
        if is_meant and any(fnmatchcase(_ACTION, action) for action in actions):
            yield statement


def _unmet(condition: Mapping[str, Any], account: str, region: str) -> str:
    """Return the first condition on the source that no job of this account and region meets."""
    source = f":sagemaker:{region}:{account}:"
    for operator, keys in condition.items():
        for key, values in keys.items():
            name, allowed = str(key).lower(), [str(value) for value in _listed(values)]
            if name == "aws:sourceaccount" and account not in allowed:
                return f"its trust policy is for the account {', '.join(allowed)} ({operator})"
            if name == "aws:sourcearn" and not any(_may_match(each, source) for each in allowed):
                return f"its trust policy is for {', '.join(allowed)} ({operator})"
    return ""


def _may_match(pattern: str, source: str) -> bool:
    """Return whether a pattern of ARNs may match a job's: by service, region and account."""
    wanted, parts = source.strip(":").split(":"), pattern.split(":")[2:5]
    if pattern == "*" or len(parts) < len(wanted):
        return True
    return all(fnmatchcase(text, part) for text, part in zip(wanted, parts, strict=True))


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
