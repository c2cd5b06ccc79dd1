"""The enum-like classes know every word of the API, and let new ones through."""

from __future__ import annotations

import json

import pytest

from neo_constructs import CompilerOptions, CoreMlInput, DataInputConfig, Framework, Target
from neo_constructs.vocabulary.target import TargetPlatform
from reconciler.core.extraction import JsonDocument
from reconciler.rules import api


def test_every_framework_of_the_api_is_a_constant() -> None:
    for name in api.FRAMEWORKS:
        assert getattr(Framework, name) == Framework.of(name)
    assert {name for name in dir(Framework) if name.isupper()} == set(api.FRAMEWORKS)


def test_every_device_of_the_api_is_a_constant() -> None:
    for name in api.TARGET_DEVICES:
        assert getattr(Target, name.upper()) == Target.device(name)
    devices = {name for name in dir(Target) if name.isupper()}
    platforms = {name for name in dir(TargetPlatform) if name.isupper()}
    assert {name.lower() for name in devices - platforms} == set(api.TARGET_DEVICES)


def test_platforms_are_made_of_the_apis_words() -> None:
    for name in (name for name in dir(TargetPlatform) if name.isupper()):
        platform = getattr(TargetPlatform, name)
        assert platform.label == name
        assert platform.os in api.TARGET_PLATFORM_OS
        assert platform.arch in api.TARGET_PLATFORM_ARCH
        assert platform.accelerator in (None, *api.TARGET_PLATFORM_ACCELERATOR)
        assert getattr(Target, name).target_platform == platform


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("ml_c5", Target.ML_C5),
        ("a_new_device", Target.device("a_new_device")),
        ("LINUX_ARM64", Target.LINUX_ARM64),
        ("LINUX_ARM64_NVIDIA", Target.LINUX_ARM64_NVIDIA),
        ("LINUX_ARM_EABIHF_MALI", Target.LINUX_ARM_EABIHF_MALI),
        ("ANDROID_X86_64", Target.ANDROID_X86_64),
        ("LINUX_X86_64_NEW_ONE", Target.platform("LINUX", "X86_64", "NEW_ONE")),
    ],
)
def test_a_target_is_read_from_its_label(text: str, target: Target) -> None:
    assert Target.parse(text) == target
    assert target.label == text


def test_only_sagemakers_instances_are_cloud_targets() -> None:
    assert Target.ML_C5.is_cloud
    assert not Target.JETSON_NANO.is_cloud
    assert not Target.LINUX_X86_64.is_cloud


def test_core_ml_inputs_keep_ranges_and_drop_what_is_not_given() -> None:
    image = CoreMlInput(
        shape=["1..10", 224, 224, 3], default_shape=[1, 224, 224, 3], type="Image",
        bias=[-1.0, -1.0, -1.0], scale=0.00784313725,
    )  # fmt: skip
    wire = DataInputConfig.core_ml({"input_1": image}).to_wire()
    assert wire == JsonDocument(
        {
            "input_1": {
                "shape": ["1..10", 224, 224, 3],
                "default_shape": [1, 224, 224, 3],
                "type": "Image",
                "bias": [-1.0, -1.0, -1.0],
                "scale": 0.00784313725,
            }
        }
    )
    assert DataInputConfig.core_ml([CoreMlInput(shape=[[1, 3], [2, 3]])]).to_wire() == JsonDocument(
        [{"shape": [[1, 3], [2, 3]]}]
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            CompilerOptions.nvidia(
                gpu_code="sm_72", trt_ver="7.1.3", cuda_ver="10.2",
                extra={"precision-mode": "fp16"},
            ),
            {"gpu-code": "sm_72", "trt-ver": "7.1.3", "cuda-ver": "10.2", "precision-mode": "fp16"},
        ),
        (CompilerOptions.cpu(mattr=["+neon"]), {"mattr": ["+neon"]}),
        (CompilerOptions.cpu(mcpu="core-avx2"), {"mcpu": "core-avx2"}),
        (CompilerOptions.android(platform=27), {"ANDROID_PLATFORM": 27}),
        (CompilerOptions.core_ml(class_labels="l.txt"), {"class_labels": "l.txt"}),
        (CompilerOptions.pytorch(dtype="int64"), {"dtype": "int64"}),
        (CompilerOptions.inferentia("--verbose 1"), "--verbose 1"),
        (CompilerOptions.elastic_inference(output_names=["y:0"]), {"output_names": ["y:0"]}),
    ],
)  # fmt: skip
def test_options_are_spelled_as_the_compiler_spells_them(
    options: CompilerOptions, expected: object
) -> None:
    wire = options.to_wire()
    assert isinstance(wire, JsonDocument)
    assert json.loads(json.dumps(wire.value)) == expected
