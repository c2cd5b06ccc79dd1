"""Checks of the roles of jobs: there, trusting SageMaker, and passable by the caller."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from reconciler.cli.diagnosis.check import Check, CheckVerdict, checked, failed, passed
from reconciler.cli.diagnosis.trust import SERVICE, why_not_trusted
from reconciler.cli.options.outside import AccountView
from reconciler.core.account_facts import AccountFacts, Caller

_ROLE: Final = re.compile(r"arn:[^:]+:iam::(?P<account>\d{12}):role/(?:.*/)?(?P<name>[^/]+)")
_SESSION: Final = re.compile(r"arn:[^:]+:sts::\d{12}:assumed-role/(?P<name>[^/]+)/.*")
_USER: Final = re.compile(r"arn:[^:]+:iam::\d{12}:user/.+")


def role_checks(
    account: AccountView, facts: AccountFacts, caller: Caller, roles: tuple[str, ...]
) -> Iterator[Check]:
    """Yield the checks of the roles that jobs are given."""
    for role in roles:
        match = _ROLE.fullmatch(role)
        if match is None:
            yield failed("role-trust", role, "is not the ARN of a role", "Correct RoleArn.")
        elif match["account"] != account.id:
            yield failed(
                "role-trust", role,
                f"is a role of {match['account']}, and jobs run in {account.id}",
                "Use a role of the account that jobs run in.",
            )  # fmt: skip
        else:
            trust = partial(_trust, account, facts, role, match["name"])
            yield from checked("role-trust", role, "iam:GetRole", trust)
            passing = partial(_pass_role, facts, caller, role)
            yield from checked("pass-role", role, "iam:SimulatePrincipalPolicy", passing)


def _trust(account: AccountView, facts: AccountFacts, role: str, name: str) -> Iterator[Check]:
    found = facts.role(name)
    if found is None:
        yield failed("role-trust", role, "does not exist", "Create it, or correct RoleArn.")
        return
    if found.arn != role:
        yield failed(
            "role-trust", role, f"is {found.arn}, with its path", "Write the whole ARN in RoleArn."
        )
        return
    why_not = why_not_trusted(found.trust, account.id, account.region)
    if why_not:
        remedy = f"Allow sts:AssumeRole to {SERVICE} in the role's trust policy."
        yield failed("role-trust", role, why_not, remedy)
    else:
        yield passed("role-trust", role, f"exists and trusts {SERVICE}")


def _pass_role(facts: AccountFacts, caller: Caller, role: str) -> Iterator[Check]:
    principal = _principal(facts, caller.arn)
    if principal is None:
        yield Check(
            CheckVerdict.UNKNOWN, "pass-role", role,
            f"cannot be known of {caller.arn}: IAM simulates users and roles only",
            "Run doctor as the user or role that creates jobs.",
        )  # fmt: skip
    elif facts.may_pass_role(principal, role):
        yield passed("pass-role", role, f"{principal} may pass it to {SERVICE}")
    else:
        yield failed(
            "pass-role", role, f"{principal} may not pass it to {SERVICE}",
            f"Allow iam:PassRole on the role, with iam:PassedToService {SERVICE}.",
        )  # fmt: skip


def _principal(facts: AccountFacts, caller: str) -> str | None:
    """Return the user or role behind a caller, as IAM simulates it; None for others, as root."""
    if _USER.fullmatch(caller):
        return caller
    session = _SESSION.fullmatch(caller)
    role = facts.role(session["name"]) if session else None
    return role.arn if role else None
