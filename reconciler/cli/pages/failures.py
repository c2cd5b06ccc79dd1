"""The page of each failure: cause, remedy, the rules that find it beforehand.

What the Lambda needs of a failure is in ``core/failure.py``; the rest lies beside it, in
``failure.yaml``, and ``neoctl explain "<FailureReason>"`` prints both.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from reconciler.cli.pages.rules import read_page_file, rules
from reconciler.core import failure
from reconciler.core.failure import Failure, failure_of


@cache
def failure_pages() -> Mapping[str, Mapping[str, Any]]:
    """Return the page of each failure by its name."""
    return read_page_file(Path(failure.__file__).with_suffix(".yaml"))


def explained(reason: str) -> str:
    """Return what is known of a FailureReason, as Markdown."""
    found = failure_of(reason)
    if not found.name:
        return (
            "# Unknown failure\n\nThis FailureReason is not known. It is not retried. Read the "
            "job's log in /aws/sagemaker/CompilationJobs.\n"
        )
    page = failure_pages()[found.name]
    parts = [f"# {found.name}", f"{page['cause']} {_retried(found)}"]
    if found.hint:
        parts.append(f"## What to do\n\n{found.hint}")
    if page.get("rules"):
        names = [f"- {code} {rules()[code].slug}" for code in page["rules"]]
        parts.append("## Rules that find it before a job is paid for\n\n" + "\n".join(names))
    parts.append(f"## Source\n\n{page['source']}")
    return "\n\n".join(parts) + "\n"


def _retried(found: Failure) -> str:
    return "It is retried." if found.is_transient else "It is not retried."
