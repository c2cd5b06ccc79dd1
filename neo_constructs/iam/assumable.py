"""Whether SageMaker may assume the roles that an app gives to its jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from neo_constructs.iam.statements import listed
from neo_constructs.synth.jsii_cache import reference
from neo_constructs.synth.late_check import check_late

_SERVICE: Final = "sagemaker.amazonaws.com"


_checked: dict[str, iam.IRole] = {}


def check_trust(path: str, role: iam.IRole) -> None:
    """Check at synthesis, once for each role, that SageMaker may assume it; refuse it if not."""
    if isinstance(role, iam.Role) and reference(role) not in _checked:
        _checked[reference(role)] = role  # kept, so that jsii does not give its reference again
        check_late(role, partial(_trust_errors, path, role))


def _trust_errors(path: str, role: iam.Role) -> Iterator[str]:
    """Yield an error if SageMaker may not assume a role of this app.

    Roles that are imported, and principals that only the deployment knows, are left to AWS.
    """
    if role.assume_role_policy is None:
        return
    document: Any = cdk.Stack.of(role).resolve(role.assume_role_policy)
    services = [
        service
        for statement in listed(document["Statement"])
        if statement["Effect"] == "Allow"
        for service in _services(statement.get("Principal"))
    ]
    if any(service in (_SERVICE, "*") or not isinstance(service, str) for service in services):
        return
    yield (
        f"this role of {path} trusts {', '.join(services) or 'no service'}; SageMaker must be "
        f"allowed to assume it: assumed_by=iam.ServicePrincipal({_SERVICE!r})"
    )


def _services(principal: object) -> list[Any]:
    if not isinstance(principal, Mapping):
        return [principal]
    return listed(principal.get("Service", []))
