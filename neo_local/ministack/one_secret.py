"""One secret for every credential that MiniStack issues, which is the one that the guard checks."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def issue_one_secret(secret: str) -> None:
    """Have MiniStack issue this secret with every session, of assumed roles and of functions.

    What is replaced is MiniStack's own and private; its version is pinned. Other modules import
    these functions by name, so this comes before the import of the application.
    """
    iam: Any = import_module("ministack.services.iam")
    iam._gen_secret = lambda: secret
    sts: Any = import_module("ministack.services.sts")
    runtime: Any = import_module("ministack.core.lambda_runtime")
    of_function = runtime.execution_credentials

    def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
        issued = {**of_function(config), "AWS_SECRET_ACCESS_KEY": secret}
        session = sts._sessions.get(issued["AWS_ACCESS_KEY_ID"], {})  # where IAM is enforced
        session["SecretAccessKey"] = secret
        return issued

    runtime.execution_credentials = execution_credentials
