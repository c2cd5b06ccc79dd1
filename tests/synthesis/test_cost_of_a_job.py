"""What each job costs jsii: its calls, and the members that it looks through for overrides."""

from __future__ import annotations

from typing import Any, Final

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from jsii._kernel.providers.process import _NodeProcess

from neo_constructs import CompilationJob, Target
from tests.synthesis.conftest import ONNX, model

# Members of the CDK's interfaces, which JavaScript calls, and what they need.
MOST_MEMBERS: Final = 14


def test_a_further_job_of_one_role_is_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    arguments: dict[str, Any] = {
        "model": model(stack), "target": Target.ML_C5, "role": role, **ONNX,
    }  # fmt: skip
    CompilationJob(stack, "First", **arguments)
    calls: list[str] = []
    send = _NodeProcess.send

    def noted(process: _NodeProcess, request: Any, response_type: Any) -> Any:
        calls.append(type(request).__name__)
        return send(process, request, response_type)

    monkeypatch.setattr(_NodeProcess, "send", noted)
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
