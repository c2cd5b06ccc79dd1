"""A policy engine that is not ours: @cloud-copilot/iam-simulate, run by Node.

It knows AWS's service authorization reference, so a request that cannot exist (an action that
there is not, a resource of a wrong type, a condition key that a call never has) is an error and
not merely denied.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.paths import ROOT
from tests.simulation.cloudformation.provider_files import node_executable

ACCOUNT: Final = "123456789012"

ALLOWED: Final = "Allowed"
DENIED: Final = "ImplicitlyDenied"


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a role's session.

    Attributes:
        role: Whose policies decide: a name in the mapping that ``decisions`` gets.
        context: Condition keys and their values, besides those of every request.
        principal: Who asks, if it is not the role's session.
        resource_policy: The resource's own policy; a key's hands the decision to IAM.
    """

    role: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    account: str = ACCOUNT
    principal: str = ""
    resource_policy: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        words = " ".join(f"{key}={value}" for key, value in self.context.items())
        return f"{self.role}: {self.action} on {self.resource} {words}".rstrip()


def decisions(
    policies: Mapping[str, Sequence[Mapping[str, Any]]], requests: Sequence[Request]
) -> list[str]:
    """What IAM would decide about each: "Allowed", "ImplicitlyDenied", "ExplicitlyDenied", or
    "Error: ..." for a request that AWS does not have.
    """
    asked = [asdict(each) | {"principal": each.principal or _session(each)} for each in requests]
    ran = subprocess.run(
        [str(node_executable()), str(Path(__file__).with_name("simulate.cjs")), str(ROOT)],
        input=json.dumps({"policies": policies, "requests": asked}), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    answers = json.loads(ran.stdout)
    assert len(answers) == len(requests)
    return [
        f"Error: {answer['errors']['message']}" if "errors" in answer else str(answer["decision"])
        for answer in answers
    ]


def _session(request: Request) -> str:
    name = request.role.partition(":")[0].replace(" ", "-")
    return f"arn:aws:sts::{request.account}:assumed-role/{name}/s"
