"""Models times targets: which jobs come of it, and how they differ."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest

from neo_constructs import (
    CompilationMatrix,
    CompilerOptions,
    ConstructError,
    Framework,
    MatrixModel,
    Target,
)
from tests.synthesis.conftest import model
from tests.synthesis.rendering import JOB, of_type, template_of

NVIDIA = CompilerOptions.nvidia(gpu_code="sm_72", trt_ver="7.1.3", cuda_ver="10.2")


def matrix(stack: cdk.Stack, **changes: Any) -> CompilationMatrix:
    one, two = (
        MatrixModel(
            model(stack), framework=Framework.ONNX, data_input_config={"data": [1, 3, size, size]}
        )
        for size in (224, 112)
    )
    arguments: dict[str, Any] = {
        "models": {"one": one, "two": two},
        "targets": [Target.ML_C5, Target.JETSON_XAVIER],
        "overrides": {
            "*/jetson_xavier": {"compiler_options": NVIDIA},
            "two/*": {"data_input_config": {"data": [1, 3, 96, 96]}},
        },
    }
    return CompilationMatrix(stack, "Matrix", **{**arguments, **changes})


def new_stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(analytics_reporting=False), "S")


def test_each_pair_is_a_job_with_its_own_overrides() -> None:
    stack = new_stack()
    made = matrix(stack, max_runtime=cdk.Duration.minutes(20))
    found = {
        declared["logicalName"]: declared["request"]
        for declared in (
            json.loads(item["Properties"]["Declaration"])
            for item in of_type(template_of(stack), JOB).values()
        )
    }
    assert list(made.jobs) == [
        "one/ml_c5", "one/jetson_xavier", "two/ml_c5", "two/jetson_xavier",
    ]  # fmt: skip
    assert set(found) == {f"S/Matrix/{pair}" for pair in made.jobs}
    assert "CompilerOptions" not in found["S/Matrix/one/ml_c5"]["OutputConfig"]
    assert "sm_72" in found["S/Matrix/one/jetson_xavier"]["OutputConfig"]["CompilerOptions"]
    assert "96" in found["S/Matrix/two/ml_c5"]["InputConfig"]["DataInputConfig"]
    for request in found.values():
        assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 1200}
    assert made.job("one", Target.ML_C5) is made.jobs["one/ml_c5"]


def test_pairs_can_be_left_out() -> None:
    assert list(matrix(new_stack(), exclude=["two/jetson*"]).jobs) == [
        "one/ml_c5", "one/jetson_xavier", "two/ml_c5",
    ]  # fmt: skip


def test_everything_that_is_refused_is_said_together() -> None:
    with pytest.raises(ConstructError) as refused:
        matrix(
            new_stack(), targets=[Target.device("ml_c55"), Target.device("rasp5")],
            overrides={"two/*": {"framework": Framework.of("ONX")}},
        )  # fmt: skip
    text = str(refused.value)
    for expected in ("S/Matrix/one/ml_c55", "S/Matrix/two/rasp5", "ONX", "ml_c55", "rasp5"):
        assert expected in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"exclude": ["three/*"]}, r"exclude: 'three/\*' matches no pair; pairs are one/ml_c5"),
        ({"overrides": {"*/ml_c4": {}}}, r"overrides: '\*/ml_c4' matches no pair"),
        ({"targets": [Target.ML_C5, Target.device("ml_c5")]}, "targets given twice: ml_c5"),
    ],
)
def test_a_pattern_that_does_nothing_is_a_mistake(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConstructError, match=message):
        matrix(new_stack(), **changes)


def test_a_pair_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(ConstructError, match="unknown job 'three/ml_c5'; known jobs: one/ml_c5"):
        matrix(new_stack()).job("three", Target.ML_C5)
