"""What people meet before a synthesis: missing packages, refused values, a fleet's network."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2

from neo_constructs import CompilationFleet, CompilationJob, ConstructError, InvalidJobError, Target
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import of_type, template_of
from tests.synthesis.vpcs import new_stack, private_vpc

WITHOUT_CDK = "import sys; sys.modules['aws_cdk'] = None; import neo_constructs"


def test_an_import_without_the_cdk_says_what_to_install() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_CDK], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    last = ran.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: ")
    assert "pip install 'neo-as-code[cdk]'" in last


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data_input_config": {"data": [1, "x"]}}, "data_input_config (InputConfig.DataInputCon"),
        ({"target": Target.platform("LINUX", "ARM63")}, "target (OutputConfig.TargetPlatform"),
        ({"framework_version": "none"}, "framework_version (InputConfig.FrameworkVersion)"),
    ],
)
def test_findings_name_the_constructs_argument_beside_the_apis_field(
    changes: dict[str, Any], said: str
) -> None:
    stack = new_stack()
    given: dict[str, Any] = {"model": model(stack), "target": Target.ML_C5, **ONNX, **changes}
    with pytest.raises(InvalidJobError) as caught:
        CompilationJob(stack, "Job", **given)
    assert said in str(caught.value)


def test_the_security_groups_of_a_fleet_can_be_opened() -> None:
    stack = new_stack()
    fleet = CompilationFleet(stack, "Fleet", vpc=private_vpc(stack))
    fleet.add_job("net", model=model(stack), target=Target.ML_C5, **ONNX)
    fleet.connections.allow_to(ec2.Peer.ipv4("10.9.0.0/16"), ec2.Port.tcp(443))
    assert "10.9.0.0/16" in str(of_type(template_of(stack), "AWS::EC2::SecurityGroup"))


def test_a_fleet_without_a_network_has_no_connections() -> None:
    with pytest.raises(ConstructError, match=r"\[S/Fleet\] .* give vpc"):
        _ = CompilationFleet(new_stack(), "Fleet").connections
