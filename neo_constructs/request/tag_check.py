"""Check of the tags that `Tags.of(...)` gives to jobs, by the rules that specs are held to."""

from __future__ import annotations

from functools import partial

import aws_cdk as cdk
from constructs import Construct

from neo_constructs.synth.late_check import check_late
from neo_constructs.synth.tokens import is_token


def check_tags(scope: Construct, tags: cdk.TagManager) -> None:
    """Check tags at synthesis: what rules refuse fails it, what they warn of is annotated."""
    check_late(scope, partial(_errors, scope, tags))


def _errors(scope: Construct, tags: cdk.TagManager) -> list[str]:
    from reconciler.rules.families.check import check_job  # most jobs have no tags
    from reconciler.rules.finding import Severity

    errors: list[str] = []
    for finding in check_job({"Tags": tags.render_tags() or []}, is_deploy_time=is_token):
        if not finding.path.startswith("Tags"):
            continue
        if finding.severity is Severity.ERROR:
            errors.append(f"{finding.code} {finding}")
        elif finding.severity is Severity.WARNING:
            cdk.Annotations.of(scope).add_warning_v2(finding.code, str(finding))
    return errors
