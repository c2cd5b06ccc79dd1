"""The fleet file: models times targets, what they have in common, and what differs."""

from __future__ import annotations

import re

import pytest

from reconciler.core.identity import Owner, OwnerError
from reconciler.specs.fleet_form import OWNER_FORM
from tests.unit.specs.fleets import FLEET, found, loaded, places, requests

HEAD = """\
apiVersion: neo-as-code/v1
owner: vision
defaults: {RoleArn: "arn:aws:iam::111122223333:role/NeoRole", S3OutputLocation: s3://example-bucket/out/}
"""
MODEL = (
    "{S3Uri: s3://example-bucket/m.tar.gz, Framework: PYTORCH, DataInputConfig: {x: [1, 3, 8, 8]}"
)


def test_a_model_and_two_targets_take_ten_lines() -> None:
    assert len(FLEET.splitlines()) < 10
    assert found(FLEET) == []
    assert sorted(requests(FLEET)) == ["resnet18/LINUX_ARM64", "resnet18/ml_c5"]


def test_a_job_is_the_request_that_the_api_takes() -> None:
    assert requests(FLEET)["resnet18/LINUX_ARM64"] == {
        "RoleArn": "arn:aws:iam::111122223333:role/NeoRole",
        "InputConfig": {
            "S3Uri": "s3://example-bucket/models/resnet18.tar.gz",
            "DataInputConfig": '{"input0":[1,3,224,224]}',
            "Framework": "PYTORCH",
        },
        "OutputConfig": {
            "S3OutputLocation": "s3://example-bucket/out/",
            "TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"},
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 900},
    }


def test_every_model_is_compiled_for_the_targets_at_the_top_unless_it_says_otherwise() -> None:
    jobs = requests(
        f"""{HEAD}
targets:
  ml_c5:
  nano: {{TargetDevice: jetson_nano, FrameworkVersion: 1.8}}
models:
  a: {MODEL}}}
  b: {MODEL}, exclude: [nano]}}
  c: {MODEL}, targets: [nano, ml_m5]}}
"""
    )
    assert sorted(jobs) == ["a/ml_c5", "a/nano", "b/ml_c5", "c/ml_m5", "c/nano"]
    assert jobs["a/nano"]["InputConfig"]["FrameworkVersion"] == "1.8"
    assert "FrameworkVersion" not in jobs["a/ml_c5"]["InputConfig"]


def test_the_nearest_value_wins_and_null_takes_away() -> None:
    far = "/out/, KmsKeyId: alias/a, Tags: {team: vision, level: far}}"
    near = "KmsKeyId: alias/b, Tags: {level: near}"
    other = "overrides: {ml_m5: {KmsKeyId: null, CompilerOptions: {dtype: int64}}}"
    jobs = requests(
        HEAD.replace("/out/}", far)
        + f"models:\n  a: {MODEL}, targets: [ml_c5, ml_m5], {near}, {other}}}\n"
    )
    assert jobs["a/ml_c5"]["OutputConfig"]["KmsKeyId"] == "alias/b"
    assert "KmsKeyId" not in jobs["a/ml_m5"]["OutputConfig"]
    assert jobs["a/ml_m5"]["OutputConfig"]["CompilerOptions"] == '{"dtype":"int64"}'
    assert jobs["a/ml_m5"]["Tags"] == [
        {"Key": "team", "Value": "vision"},
        {"Key": "level", "Value": "near"},
    ]


def test_values_are_written_as_people_write_them() -> None:
    job = requests(
        f"""{HEAD}
models:
  a:
    S3Uri: s3://example-bucket/m.tar.gz
    Framework: pytorch
    FrameworkVersion: 1.10
    DataInputConfig: [[1, 3, 8, 8]]
    StoppingCondition: {{MaxRuntimeInSeconds: 1h30m}}
    targets:
      - {{TargetDevice: jetson_xavier, CompilerOptions: {{cuda-ver: 10.10, gpu-code: sm_72}}}}
"""
    )["a/jetson_xavier"]
    assert job["InputConfig"]["Framework"] == "PYTORCH"
    assert job["InputConfig"]["FrameworkVersion"] == "1.10"
    assert job["InputConfig"]["DataInputConfig"] == "[[1,3,8,8]]"
    assert job["OutputConfig"]["CompilerOptions"] == '{"cuda-ver":"10.10","gpu-code":"sm_72"}'
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 5400}


def test_the_order_of_inputs_is_kept_since_pytorch_binds_by_it() -> None:
    job = requests(HEAD + "models:\n  a: {S3Uri: s3://b/m.tar.gz, Framework: PYTORCH, "
                   "DataInputConfig: {z: [1], a: [2]}, targets: [ml_c5]}\n")  # fmt: skip
    assert job["a/ml_c5"]["InputConfig"]["DataInputConfig"] == '{"z":[1],"a":[2]}'


def test_inferentias_flags_are_text_and_become_a_json_string() -> None:
    job = requests(f"{HEAD}models:\n  a: {MODEL}, CompilerOptions: --verbose 1, "
                   "targets: [ml_inf1]}\n")  # fmt: skip
    assert job["a/ml_inf1"]["OutputConfig"]["CompilerOptions"] == '"--verbose 1"'


def test_several_documents_and_several_models_make_one_fleet() -> None:
    result = loaded(FLEET + "---\n" + FLEET.replace("resnet18:", "other:"))
    assert [job.name for job in result.jobs] == [
        "resnet18/ml_c5", "resnet18/LINUX_ARM64", "other/ml_c5", "other/LINUX_ARM64",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("owner: vision", "owner: Vision", ("NEO015", 2, 8)),
        ("neo-as-code/v1", "neo-as-code/v7", ("NEO014", 1, 13)),
        ("models:", "modles:", ("NEO011", 4, 1)),
        ("Framework:", "Framwork:", ("NEO011", 7, 5)),
        ("[ml_c5, LINUX/ARM64]", "[ml_c5, jetson_nan]", ("NEO019", 9, 22)),
        ("[ml_c5, LINUX/ARM64]", "[ml_c5, ml_c5]", ("NEO023", 9, 22)),
        ("[ml_c5, LINUX/ARM64]", "[]", ("NEO018", 5, 3)),
        ("[ml_c5, LINUX/ARM64]", "ml_c5", ("NEO012", 9, 14)),
        ("[ml_c5, LINUX/ARM64]", "[7]", ("NEO012", 9, 15)),
        ("[ml_c5, LINUX/ARM64]", "[{FrameworkVersion: 1.8}]", ("NEO013", 9, 15)),
        ("[1, 3, 224, 224]", "[1, 3, no, 224]", ("NEO304", 8, 38)),
        ("[1, 3, 224, 224]", "[1, 224, 224, 3]", ("NEO307", 8, 31)),
        ("PYTORCH", "PYTORHC", ("NEO104", 7, 16)),
        ("  resnet18:", "  resnet 18:", ("NEO015", 5, 3)),
        ("models:\n", "models: {}\nmodel:\n", ("NEO015", 4, 9)),
        ("PYTORCH", "true", ("NEO012", 7, 16)),
        ("    Framework: PYTORCH\n", "", ("NEO101", 5, 3)),
        ("resnet18.tar.gz", "resnet18.pth", ("NEO501", 6, 12)),
        ("s3://example-bucket/out/", "nowhere", ("NEO105", 3, 81)),
    ],
)
def test_a_mistake_is_found_where_it_was_written(
    old: str, new: str, place: tuple[str, int, int]
) -> None:
    assert old in FLEET
    assert place in places(FLEET.replace(old, new))


def test_all_mistakes_are_found_at_once() -> None:
    text = FLEET.replace("owner: vision", "owner: Vision\nregoin: x").replace("224]", "null]")
    text = text.replace("PYTORCH", "PYTORCH\n    Framwork: x").replace("LINUX/ARM64", "7")
    assert {code for code, *_ in places(text)} == {"NEO015", "NEO011", "NEO304", "NEO012"}


def test_an_unknown_key_is_answered_with_the_nearest_known_one() -> None:
    hints = [item.finding.hint for item in found(FLEET.replace("S3Uri:", "S3Url:"))]
    assert "Did you mean S3Uri?" in hints


@pytest.mark.parametrize(
    ("new", "hint"),
    [
        ("[ml.c5.xlarge]", "Did you mean ml_c5?"),
        ("[LINUX/AMD64]", "Did you mean X86_64?"),
        ("{cloud: ml_c5}", "Write {TargetDevice: ml_c5}, or a list: [ml_c5]."),
        (
            "[{TargetPlatform: LINUX/ARM64}]",
            "Write it without TargetPlatform, or as {Os: LINUX, Arch: ARM64}.",
        ),
        ("[{TargetDevice: ml_c5, CompilerOptions: {gpucode: x}}]", "Did you mean gpu-code?"),
    ],
)
def test_a_wrong_target_is_answered_with_the_right_one(new: str, hint: str) -> None:
    wrong = found(FLEET.replace("[ml_c5, LINUX/ARM64]", new))
    assert hint in [item.finding.hint for item in wrong]


def test_an_unknown_target_is_not_also_a_missing_one() -> None:
    assert [code for code, *_ in places(FLEET.replace("[ml_c5, LINUX/ARM64]", "[mlc]"))] == [
        "NEO019"
    ]


@pytest.mark.parametrize(
    "owner", ["abc", "a1b2", "a" * 20, "ab", "a" * 21, "Abc", "1ab", "a-b", ""]
)
def test_the_form_of_an_owner_is_that_of_the_core(owner: str) -> None:
    try:
        Owner(owner)
    except OwnerError:
        assert re.fullmatch(OWNER_FORM, owner) is None
    else:
        assert re.fullmatch(OWNER_FORM, owner) is not None


def test_output_goes_to_a_folder_of_its_own_unless_the_fleet_says_exact() -> None:
    plain, exact = (
        loaded(
            FLEET.replace("models:", f"models: # {flag}").replace("targets: [", f"{flag}targets: [")
        )
        for flag in ("", "exactOutput: true\n    ")
    )
    assert [job.exact_output for job in plain.jobs] == [False, False]
    assert [job.exact_output for job in exact.jobs] == [True, True]
