"""Least privilege both ways: the handler's rights are the calls that its code can make.

The service models in the Lambda's asset hold just the operations that the code calls (a client has
no other), so they are compared with the synthesized policies.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reconciler.aws.clients import MODELS
from tests.synthesis.rendering import statements
from tests.synthesis.test_policies import PROVIDER, actions_of

# What an operation needs where the right is not called like it.
RIGHTS: dict[str, set[str]] = {
    "s3:HeadObject": {"s3:GetObject", "s3:ListBucket"},
    "s3:HeadBucket": set(),  # botocore looks for a bucket's region after a 400, and may be denied
}
# Called for fleets alone, whose roles have tests of their own.
FLEETS = {"events:PutEvents", "s3:DeleteObject", "s3:PutObject", "sns:Publish"}
# Rights that no call names: SageMaker asks for them when a job is created with a role and tags.
BESIDES = {"iam:PassRole", "logs:CreateLogStream", "logs:PutLogEvents"}


def operations() -> set[str]:
    """Return every operation that the Lambda's clients know, as an IAM action."""
    found = set()
    for path in Path(MODELS).rglob("service-2.json"):
        model = json.loads(path.read_text())
        service = path.parents[1].name
        found |= {f"{service}:{name}" for name in model["operations"]}
    return found


def granted(template: dict[str, Any]) -> set[str]:
    """Return every action that the two functions' roles are allowed."""
    return {
        action
        for name, statement in statements(template)
        if name.startswith((f"{PROVIDER}OnEvent", f"{PROVIDER}IsComplete", f"{PROVIDER}Permiss"))
        for action in actions_of(statement)
    }


def test_the_handler_may_do_what_it_can_call_and_nothing_else(plain: dict[str, Any]) -> None:
    needed = set().union(*(RIGHTS.get(name, {name}) for name in operations() - FLEETS))
    assert granted(plain) == needed | BESIDES
