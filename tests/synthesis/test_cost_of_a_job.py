"""What each job costs jsii: its calls, and the members that it looks through for overrides."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import Any, Final

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from jsii._kernel.providers.process import _NodeProcess

from neo_constructs import CompilationJob, Target
from neo_constructs.synth.collector import collector_paused
from tests.synthesis.conftest import ONNX, model

# Members of the CDK's interfaces, which JavaScript calls, and what they need.
MOST_MEMBERS: Final = 14
# Of the first job of a stack, which makes the provider.
MOST_CALLS: Final = 92
IMPORT: Final = """
import gc, aws_cdk
from aws_cdk import aws_ec2, aws_iam, aws_kms, aws_lambda, aws_logs, aws_s3, custom_resources
collections = []
gc.callbacks.append(lambda phase, found: collections.append(found["generation"]))
from neo_constructs import CompilationFleet, CompilationJob
gc.callbacks.clear()
print(len(collections), gc.isenabled())
"""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the calls to jsii from now on, by kind."""
    made: list[str] = []
    send = _NodeProcess.send

    def noted(process: _NodeProcess, request: Any, response_type: Any) -> Any:
        made.append(type(request).__name__)
        return send(process, request, response_type)

    monkeypatch.setattr(_NodeProcess, "send", noted)
    return made


def test_a_further_job_of_one_role_is_one_call(calls: list[str]) -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    arguments: dict[str, Any] = {
        "model": model(stack), "target": Target.ML_C5, "role": role, **ONNX,
    }  # fmt: skip
    calls.clear()
    CompilationJob(stack, "First", **arguments)
    assert len(calls) <= MOST_CALLS
    calls.clear()
    CompilationJob(stack, "Second", **arguments)
    assert calls == ["CreateRequest"]


def test_jsii_looks_through_few_members_of_each_job() -> None:
    looked_through = [
        name
        for kind in CompilationJob.__mro__[: CompilationJob.__mro__.index(cdk.CustomResource)]
        for name in vars(kind)
        if not name.startswith("__")
    ]
    assert len(looked_through) <= MOST_MEMBERS, looked_through


def test_an_import_makes_the_collector_look_for_garbage_at_its_end_alone() -> None:
    run = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    collections, is_enabled = run.stdout.split()
    assert int(collections) <= 8  # two for each pause: begun, ended; of one generation or two
    assert is_enabled == "True"


def interrupted() -> None:
    """Fail while the collector is paused."""
    with collector_paused():
        assert not gc.isenabled()
        raise KeyError


@pytest.mark.parametrize("was_enabled", [True, False])
def test_a_paused_collector_goes_on_as_before(was_enabled: bool) -> None:
    (gc.enable if was_enabled else gc.disable)()
    try:
        with pytest.raises(KeyError):
            interrupted()
        assert gc.isenabled() is was_enabled
    finally:
        gc.enable()
