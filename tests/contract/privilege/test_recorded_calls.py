"""Least privilege both ways: what the functions were recorded to call is what they may do.

The lives in histories.py are played on the in-memory AWS; what arrives there is asked of a policy
engine that is not ours, with the policies of synthesized stacks in force. The same calls, in
calls.json, are what every other test of the suite may record (plugin.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.privilege import recording
from tests.contract.privilege.allowed import TABLE, as_table, forbidden_calls
from tests.contract.privilege.comparing import missing, unused
from tests.contract.privilege.histories import lives_of_fleets, lives_of_jobs, recorded
from tests.contract.privilege.recording import IS_COMPLETE, Call, acting, record, record_job
from tests.contract.privilege.stacks import Deployed, fleet_stack, jobs_stack
from tests.simulation.cloudformation.conftest import node as node
from tests.simulation.cloudformation.node_provider import NodeProvider

BUCKET = "arn:aws:s3:::a-bucket"
STACKS = pytest.mark.parametrize("stack", [jobs_stack, fleet_stack], ids=["jobs", "fleet"])


@pytest.fixture(scope="module")
def calls(node: NodeProvider) -> set[Call]:
    """Everything that was called in the lives of some jobs and fleets."""
    with recorded() as made:
        lives_of_jobs(node)
        lives_of_fleets()
    return made


@STACKS
def test_every_call_is_allowed(calls: set[Call], stack: Callable[[], Deployed]) -> None:
    assert "\n".join(missing(stack(), calls)) == ""


@STACKS
def test_every_right_is_used(calls: set[Call], stack: Callable[[], Deployed]) -> None:
    assert "\n".join(unused(stack(), calls)) == ""


def test_the_table_for_all_other_tests_is_what_was_recorded(calls: set[Call]) -> None:
    assert TABLE.read_text() == as_table(calls), "write it with: python -m tests.contract.privilege"


# --- the checks can fail -------------------------------------------------------------------------


def changed(stack: Deployed, policy: str, change: Callable[[list[Any]], object]) -> Deployed:
    """Return the stack with another policy, whose logical id begins so."""
    [name] = [each for each in stack.template["Resources"] if each.startswith(policy)]
    item = stack.template["Resources"][name]
    statements = [dict(each) for each in item["Properties"]["PolicyDocument"]["Statement"]]
    change(statements)
    document = {"Version": "2012-10-17", "Statement": statements}
    properties = {**item["Properties"], "PolicyDocument": document}
    resources = {**stack.template["Resources"], name: {**item, "Properties": properties}}
    return replace(stack, template={**stack.template, "Resources": resources})


def extended(action: str, resource: str = "*") -> Callable[[list[Any]], object]:
    return lambda them: them.append({"Effect": "Allow", "Action": action, "Resource": resource})


@pytest.mark.parametrize(
    ("policy", "change"),
    [
        ("NeoCompilationProviderIsCompletePolicy", extended("sagemaker:UpdateEndpoint")),
        ("NeoCompilationProviderIsCompletePolicy", extended("s3:GetObject", f"{BUCKET}/other/*")),
        ("NeoCompilationProviderOnEventPolicy", extended("sagemaker:ListCompilationJobs")),
        ("NeoCompilationProviderFrameworkOnEventPolicy", extended("lambda:UpdateFunctionCode")),
    ],
)
def test_a_right_more_is_seen_to_be_unused(
    calls: set[Call], policy: str, change: Callable[[list[Any]], object]
) -> None:
    assert len(unused(changed(jobs_stack(), policy, change), calls)) == 1


def narrowed(them: list[Any]) -> None:
    """Every condition is made one that no call meets."""
    for each in them:
        if "Condition" in each:
            each["Condition"] = {"StringEquals": {"aws:PrincipalAccount": "999999999999"}}


@pytest.mark.parametrize(
    ("policy", "change"),
    [
        ("NeoCompilationProviderIsCompletePolicy", lambda them: them.pop(1)),
        ("NeoCompilationProviderIsCompletePolicy", lambda them: them.pop()),
        ("NeoCompilationProviderOnEventPolicy", lambda them: them.pop()),
        ("NeoCompilationProviderFrameworkOnEventPolicy", lambda them: them.pop()),
        ("NeoCompilationProviderPermissionsJobs1", lambda them: them.pop(0)),
        ("NeoCompilationProviderPermissionsJobs1", lambda them: them.pop()),
        ("NeoCompilationProviderPermissionsJobs1", narrowed),
    ],
)
def test_a_right_less_is_seen_to_be_missing(
    calls: set[Call], policy: str, change: Callable[[list[Any]], object]
) -> None:
    assert missing(changed(jobs_stack(), policy, change), calls)


def test_a_call_more_is_missed_by_the_policies_and_by_the_table(calls: set[Call]) -> None:
    with recorded() as made, acting(IS_COMPLETE, "s0a1b2c3d", "stack"):
        record("sagemaker:UpdateEndpoint", "own job")
        record_job("StopCompilationJob", "s0a1b2c3e-net-abcdefghijkl")
        said = forbidden_calls()
        recording.record("sagemaker:UpdateEndpoint", "own job")
    assert said == [
        "jobs is_complete: sagemaker:StopCompilationJob on another's job",
        "jobs is_complete: sagemaker:UpdateEndpoint on own job",
    ]
    assert [each for each in missing(jobs_stack(), calls | made) if "UpdateEndpoint" in each]
    recording.CALLS.difference_update(made - calls)
