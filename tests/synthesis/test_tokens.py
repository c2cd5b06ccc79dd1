"""Tokens anywhere: the Lambda gets the request that was meant, whatever the values turn out to be.

Values stand at any argument as literals or as tokens. The template is resolved as CloudFormation
does it, its properties are decoded by the Lambda's own code, and the request must be the one that
the same values give when they are literal.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from neo_constructs import (
    CompilationJob,
    CompilerOptions,
    ConstructError,
    DataInputConfig,
    Framework,
    ModelArtifact,
    Target,
)
from neo_constructs.synth.tokens import has_token, in_order, is_token
from reconciler.core.identity import Owner
from reconciler.handler.job.properties import decode
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import JOB, OWNER, Resolver, only, template_of

ROLE = "arn:aws:iam::123456789012:role/compiler"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
# Text with everything that breaks a JSON string when it is pasted into one.
AWKWARD = st.text("ab/\"\\{}[]':,${ \n\u2028ü", min_size=1, max_size=12)


@dataclass
class Values:
    """Makes tokens for values, and remembers what CloudFormation will put in their place."""

    stack: cdk.Stack
    draw: Callable[[st.SearchStrategy[bool]], bool]
    known: dict[str, Any] = field(default_factory=dict)

    def text(self, value: str) -> str:
        """Return the text, or a token that becomes it."""
        return self._parameter(value).value_as_string if self._late() else value

    def number(self, value: int) -> int | float:
        """Return the number, or a token that becomes it."""
        return self._parameter(value, "Number").value_as_number if self._late() else value

    def list(self, value: list[str]) -> list[str]:
        """Return the list, or a token that becomes it."""
        if not self._late():
            return value
        return self._parameter(value, "CommaDelimitedList").value_as_list

    def _late(self) -> bool:
        return self.draw(st.booleans())

    def _parameter(self, value: Any, kind: str = "String") -> cdk.CfnParameter:
        name = f"P{len(self.known)}"
        self.known[name] = value if isinstance(value, list) else str(value)
        return cdk.CfnParameter(self.stack, name, type=kind)


def what_the_lambda_gets(stack: cdk.Stack, values: Values) -> dict[str, Any]:
    """Return the wire request that the Lambda reads out of the stack's one job."""
    template = template_of(stack)
    assert {kind for kind in (r["Type"] for r in template["Resources"].values())}.isdisjoint(
        {"Custom::AWSCDKCfnJson", "Custom::CdkJsonStringify"}
    )
    resource = only(template, JOB)
    assert "${Token" not in json.dumps(resource)
    assert isinstance(resource["Properties"]["Declaration"], str)
    properties = Resolver(values.known).properties(resource)
    desired = decode(properties, Owner(OWNER))
    return {
        **desired.declaration.request.to_wire(),
        "revision": desired.declaration.revision,
    }


@settings(
    max_examples=25, deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink costs a synthesis a step
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(st.data())
def test_any_argument_may_be_a_token(data: st.DataObject) -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    values = Values(stack, data.draw)
    name, option, version = data.draw(AWKWARD), data.draw(AWKWARD), data.draw(AWKWARD)
    subnets = ["subnet-1", "subnet-2"]
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id=values.text("vpc-1"), availability_zones=["us-east-1a", "us-east-1b"],
        private_subnet_ids=[values.text(subnet) for subnet in subnets],
    )  # fmt: skip
    CompilationJob(
        stack, "Job",
        model=ModelArtifact.from_bucket(
            s3.Bucket.from_bucket_name(stack, "In", values.text("models")),
            values.text("nets/net.tar.gz"), object_version=values.text(version),
        ),
        target=Target.platform(values.text("LINUX"), values.text("ARM64"), values.text("NVIDIA")),
        framework=Framework.of(values.text("PYTORCH")),
        framework_version=values.text("1.8"),
        data_input_config=DataInputConfig.named(
            {"a/b~c": [1, values.number(3), values.number(224), 224], name: [values.number(1), 7]}
        ),
        compiler_options=CompilerOptions.of(
            {"gpu-code": values.text("sm_72"), "trt-ver": values.text("7.1.3"),
             "cuda-ver": "10.2", "free": {"text": values.text(option)}}
        ),
        output_bucket=s3.Bucket.from_bucket_name(stack, "Out", values.text("out")),
        output_prefix=values.text("here"),
        encryption_key=kms.Key.from_key_arn(stack, "Key", KEY),
        role=iam.Role.from_role_arn(stack, "Role", ROLE),
        vpc=vpc,
        security_groups=[
            ec2.SecurityGroup.from_security_group_id(stack, "Group", values.text("sg-1"))
        ],
        max_runtime=cdk.Duration.seconds(values.number(600)),
        max_pending=cdk.Duration.seconds(values.number(1800)),
    )  # fmt: skip
    assert what_the_lambda_gets(stack, values) == {
        "RoleArn": ROLE,
        "InputConfig": {
            "S3Uri": "s3://models/nets/net.tar.gz",
            "DataInputConfig": json.dumps(
                {"a/b~c": [1, 3, 224, 224], name: [1, 7]}, separators=(",", ":"),
                ensure_ascii=False,
            ),
            "Framework": "PYTORCH",
            "FrameworkVersion": "1.8",
        },
        "OutputConfig": {
            "S3OutputLocation": "s3://out/here",
            "TargetPlatform": {"Os": "LINUX", "Arch": "ARM64", "Accelerator": "NVIDIA"},
            "CompilerOptions": json.dumps(
                {"gpu-code": "sm_72", "trt-ver": "7.1.3", "cuda-ver": "10.2",
                 "free": {"text": option}},
                separators=(",", ":"), ensure_ascii=False,
            ),
            "KmsKeyId": KEY,
        },
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": subnets},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxPendingTimeInSeconds": 1800},
        "revision": f"version:{version}",
    }  # fmt: skip


def test_a_whole_json_field_may_be_one_token() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    values = Values(stack, lambda _: True)
    inputs, options = '{"data": [1, 3, 8, 8]}', '{"mcpu": "core-avx2"}'
    CompilationJob(
        stack, "Job", model=model(stack), target=Target.device(values.text("ml_c5")),
        framework=Framework.ONNX, data_input_config=values.text(inputs),
        compiler_options=values.text(options),
    )  # fmt: skip
    request = what_the_lambda_gets(stack, values)
    assert request["InputConfig"]["DataInputConfig"] == inputs
    assert request["OutputConfig"]["CompilerOptions"] == options
    assert request["OutputConfig"]["TargetDevice"] == "ml_c5"


def test_a_list_of_subnets_may_be_one_token() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    values = Values(stack, lambda _: True)
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=values.list(["a", "b"]),
        private_subnet_ids=values.list(["subnet-1", "subnet-2"]),
        vpc_cidr_block=values.text("10.0.0.0/16"),
    )  # fmt: skip
    CompilationJob(stack, "Job", model=model(stack), target=Target.ML_C5, vpc=vpc, **ONNX)
    assert what_the_lambda_gets(stack, values)["VpcConfig"]["Subnets"] == ["subnet-1", "subnet-2"]


def test_inferentias_flags_may_be_a_token() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    values = Values(stack, lambda _: True)
    CompilationJob(
        stack, "Job", model=model(stack), target=Target.ML_INF1, framework=Framework.PYTORCH,
        framework_version="1.9", data_input_config=[[1, 3, 224, 224]],
        compiler_options=CompilerOptions.inferentia(values.text("--verbose 1")),
    )  # fmt: skip
    assert what_the_lambda_gets(stack, values)["OutputConfig"]["CompilerOptions"] == '"--verbose 1"'


def test_an_options_list_may_be_a_token() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    values = Values(stack, lambda _: True)
    CompilationJob(
        stack, "Job", model=model(stack), target=Target.RASP3B,
        compiler_options=CompilerOptions.cpu(mattr=values.list(["+neon"])), **ONNX,
    )  # fmt: skip
    options = what_the_lambda_gets(stack, values)["OutputConfig"]["CompilerOptions"]
    assert json.loads(options) == {"mattr": ["+neon"]}


def test_the_name_of_an_input_cannot_be_a_token_and_says_what_can() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    values = Values(stack, lambda _: True)
    with pytest.raises(ConstructError, match=r"\[S/Job\].*must be plain text.*one text token"):
        CompilationJob(
            stack, "Job", model=model(stack), target=Target.ML_C5, framework=Framework.ONNX,
            data_input_config={values.text("data"): [1, 3, 8, 8]},
        )  # fmt: skip


def test_literal_values_beside_tokens_are_still_checked() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    values = Values(stack, lambda _: True)
    with pytest.raises(ConstructError, match=r"OutputConfig\.TargetDevice"):
        CompilationJob(
            stack, "Job", model=model(stack), target=Target.device("ml_c99"),
            framework=Framework.of(values.text("ONNX")), data_input_config={"data": [1, 3]},
        )  # fmt: skip


def test_tokens_are_told_from_values_as_cdk_tells_them() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    values = Values(stack, lambda _: True)
    samples: list[Any] = [
        "", "plain", "${Token", "${AWS::Region}", 0, -1, 1.5, -1e9, [], ["a"], ["a", "b"], {},
        values.text("x"), f"a{values.text('y')}b", values.number(1), values.list(["a"]),
        cdk.Aws.REGION, cdk.Lazy.string(_Text()), cdk.Fn.get_att("A", "B"), cdk.Fn.split(",", "a"),
    ]  # fmt: skip
    for sample in samples:
        assert is_token(sample) == cdk.Token.is_unresolved(sample), sample
    assert has_token({"a": [1, {"b": values.text("z")}]})
    assert has_token({values.text("k"): 1})
    assert not has_token({"a": [1, {"b": "plain"}], "c": None})


@jsii.implements(cdk.IStableStringProducer)
class _Text:
    def produce(self) -> str:
        """Return a text that is known late."""
        return "late"


def test_tokens_are_put_in_the_order_in_which_they_were_made() -> None:
    made = [cdk.Lazy.string(_Text()) for _ in range(120)]
    assert in_order(reversed(made)) == made
    assert in_order(["b10", "b9", "a"]) == ["a", "b9", "b10"]
