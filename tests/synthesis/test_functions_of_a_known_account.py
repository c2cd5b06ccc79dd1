"""No resource policy lets anybody invoke the handlers, whatever a stack knows of its account."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from neo_constructs import CompilationFleet, CompilationJob, Target
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import Resolver, of_type, template_of

ACCOUNT, REGION = "123456789012", "us-east-1"


@pytest.mark.parametrize("region", [REGION, None])
@pytest.mark.parametrize("account", [ACCOUNT, None])
def test_the_framework_calls_the_handlers_by_its_roles_alone(
    account: str | None, region: str | None
) -> None:
    environment = cdk.Environment(account=account, region=region)
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S", env=environment)
    CompilationJob(stack, "Job", model=model(stack), target=Target.ML_C5, **ONNX)
    fleet = CompilationFleet(stack, "Fleet")
    fleet.add_job("net", model=model(stack), target=Target.ML_C5, **ONNX)
    template = template_of(stack)
    assert of_type(template, "AWS::Lambda::Permission") == {}


def test_the_arns_that_are_spelled_are_those_of_the_handlers() -> None:
    environment = cdk.Environment(account=ACCOUNT, region=REGION)
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S", env=environment)
    CompilationJob(stack, "Job", model=model(stack), target=Target.ML_C5, **ONNX)
    functions = of_type(template_of(stack), "AWS::Lambda::Function")
    (caller,) = (each for name, each in functions.items() if "frameworkonEvent" in name)
    (handler,) = (name for name in functions if name.startswith("NeoCompilationProviderOnEvent"))
    called = Resolver({handler: "on-event"}).resolve(
        caller["Properties"]["Environment"]["Variables"]["USER_ON_EVENT_FUNCTION_ARN"]
    )
    assert called == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:on-event"
