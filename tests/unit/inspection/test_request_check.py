"""Requests that a model contradicts, and those that it does not."""

from __future__ import annotations

import json

import pytest

from reconciler.inspection.checks.request import check_request
from reconciler.rules.finding import Finding
from tests.unit.inspection.archives import MODELS, look, look_at, pack

MXNET = ["channels_first-symbol.json", "channels_first-0000.params"]
LABELLED = ["labelled-symbol.json", "labelled-0000.params"]


def check(names: list[str], framework: str, inputs: object = None) -> list[Finding]:
    config = {"S3Uri": "s3://b/m.tar.gz", "Framework": framework}
    if inputs is not None:
        config["DataInputConfig"] = inputs if isinstance(inputs, str) else json.dumps(inputs)
    return check_request({"InputConfig": config}, look_at(*names))


def codes(found: list[Finding]) -> list[str]:
    return [finding.code for finding in found]


@pytest.mark.parametrize(
    ("names", "framework", "inputs"),
    [
        (["light_squeezenet.onnx"], "ONNX", {"data_0": [1, 3, 224, 224]}),
        (["dynamic.onnx"], "ONNX", {"image": [4, 3, 640, 480]}),
        (["keras2_functional.h5"], "KERAS", {"image": [1, 3, 16, 16]}),
        (["keras2_functional.h5"], "KERAS", "{'image': [1, 3, 16, 16]}"),
        (["keras2_two_inputs.h5"], "KERAS", {"left": [1, 1, 8, 8], "right": [1, 4]}),
        (["saved_model"], "TENSORFLOW", {"pixels": [1, 16, 16, 3]}),
        (["saved_model"], "TENSORFLOW", {"serving_default_pixels": [1, 16, 16, 3]}),
        (["frozen.pb"], "TENSORFLOW", {"pixels:0": [8, 16, 16, 3]}),
        (["tflite_float.tflite"], "TFLITE", {"serving_default_image:0": [1, 16, 16, 3]}),
        (["traced.pth"], "PYTORCH", {"whatever": [1, 3, 16, 16]}),
        (["traced.pth"], "PYTORCH", [[1, 3, 16, 16]]),
        (["traced.pth"], "PYTORCH", [[8, 3, 16, 16]]),
        (["traced.pth"], "PYTORCH", None),
        (["traced_without_inputs.pth"], "PYTORCH", {"input0": [1, 3, 224, 224]}),
        (["traced_pair.pt"], "PYTORCH", {"input0": [1, 8], "input1": [1, 8]}),
        (["traced_pair.pt"], "PYTORCH", {"tokens": [1, 8], "mask": [1, 8]}),
        (["xgboost_1_3_3.model"], "XGBOOST", None),
        (["xgboost_1_3_3.model"], "XGBOOST", {"input": [1, 5]}),
        (MXNET, "MXNET", {"data": [1, 3, 224, 224]}),
        (LABELLED, "MXNET", {"data": [1, 784], "softmax_label": [1]}),
        (LABELLED, "MXNET", {"data": [1, 784]}),
        (["tiny.cfg", "tiny.weights"], "DARKNET", {"data": [1, 3, 320, 416]}),
        (["saved_model"], "TENSORFLOW", {"pixels": {"shape": ["1..10", 16, 16, 3]}}),
    ],
)
def test_a_request_that_fits_has_no_findings(
    names: list[str], framework: str, inputs: object
) -> None:
    assert check(names, framework, inputs) == []


@pytest.mark.parametrize(
    ("names", "framework", "inputs", "code", "path"),
    [
        (["dynamic.onnx"], "PYTORCH", {"image": [1, 3, 8, 8]}, "NEO861", "Framework"),
        (["dynamic.onnx"], "ONNX", {"imgae": [1, 3, 8, 8]}, "NEO862", "#/imgae"),
        (["dynamic.onnx"], "ONNX", {"image": [1, 3, 8]}, "NEO864", "#/image"),
        (["dynamic.onnx"], "ONNX", {"image": [1, 1, 8, 8]}, "NEO865", "#/image/1"),
        (["dynamic.onnx"], "ONNX", {"image": [1, 8, 8, 3]}, "NEO866", "#/image"),
        (["dynamic.onnx"], "ONNX", {"image": [1, 3, None, 8]}, "NEO868", "#/image/2"),
        (["dynamic.onnx"], "ONNX", {"image": [-1, 3, 8, 8]}, "NEO868", "#/image/0"),
        (["light_squeezenet.onnx"], "ONNX", {"data_0": [1, 3, 192, 224]}, "NEO867", "#/data_0/2"),
        (["light_squeezenet.onnx"], "ONNX", {"data_0": [8, 3, 224, 224]}, "NEO867", "#/data_0/0"),
        (["keras2_functional.h5"], "KERAS", {"image": [1, 16, 16, 3]}, "NEO866", "#/image"),
        (["keras2_functional.h5"], "KERAS", {"image": [1, 1, 16, 16]}, "NEO865", "#/image/1"),
        (["keras2_two_inputs.h5"], "KERAS", {"left": [1, 1, 8, 8]}, "NEO863", "DataInputConfig"),
        (["saved_model"], "TENSORFLOW", {"pixels": [1, 3, 16, 16]}, "NEO866", "#/pixels"),
        (["saved_model"], "TENSORFLOW", {"data": [1, 16, 16, 3]}, "NEO862", "#/data"),
        (
            ["saved_model"],
            "TENSORFLOW",
            {"pixels": {"shape": [[1, 16, 16, 3], [1, 16, 16, 4]]}},
            "NEO865",
            "#/pixels/shape/1/3",
        ),
        (["traced.pth"], "PYTORCH", [[1, 3, 16, 16], [1, 3]], "NEO869", "DataInputConfig"),
        (["traced.pth"], "PYTORCH", [[3, 16, 16]], "NEO864", "#/0"),
        (["traced.pth"], "PYTORCH", [[1, 1, 16, 16]], "NEO865", "#/0/1"),
        (["traced.pth"], "PYTORCH", {"x": [1, 16, 16, 3]}, "NEO866", "#/x"),
        (["traced.pth"], "PYTORCH", [[1, 3, 32, 16]], "NEO867", "#/0/2"),
        (["traced_without_inputs.pth"], "PYTORCH", None, "NEO863", "InputConfig"),
        (["xgboost_1_3_3.model"], "XGBOOST", {"data": [1, 69]}, "NEO867", "#/data/1"),
        (MXNET, "MXNET", {"data": [1, 1, 8, 8]}, "NEO865", "#/data/1"),
        (["tiny.cfg", "tiny.weights"], "DARKNET", {"data": [1, 3, 416, 416]}, "NEO867", "#/data/2"),
    ],
)
def test_a_contradiction_is_told_at_its_place(
    names: list[str], framework: str, inputs: object, code: str, path: str
) -> None:
    found = check(names, framework, inputs)
    assert codes(found) == [code]
    assert found[0].path.endswith(path)


def test_a_misspelt_input_comes_with_the_right_name() -> None:
    found = check(["dynamic.onnx"], "ONNX", {"imgae": [1, 3, 8, 8]})
    assert "'image'" in found[0].hint


@pytest.mark.parametrize(
    "inputs",
    [None, "", "{", "[]", "{}", "null", '"text"', '{"image": null}', '{"image": [[]]}', "[[]]",
     '{"image": [1, 3, "x", {}]}', '{"image": {"shape": 1}}', '{"image": [true, 3, 8, 8]}'],
)  # fmt: skip
def test_misshapen_inputs_are_left_to_the_rules_about_requests(inputs: str | None) -> None:
    check(["dynamic.onnx"], "ONNX", inputs)


def test_a_request_without_input_config_is_left_alone() -> None:
    report = look_at("dynamic.onnx")
    assert check_request({}, report) == []
    assert check_request({"InputConfig": "text"}, report) == []
    assert check_request({"ModelPackageVersionArn": "arn"}, report) == []


def with_output(names: list[str], framework: str, **output: object) -> list[Finding]:
    return check_request(
        {
            "InputConfig": {"S3Uri": "s3://b/m.tar.gz", "Framework": framework},
            "OutputConfig": output,
        },
        look_at(*names),
    )


def test_ambarella_needs_a_configuration_and_images() -> None:
    found = with_output(["dynamic.onnx"], "ONNX", TargetDevice="amba_cv22")
    assert codes(found) == ["NEO855"]
    assert "amba_config.json and a folder" in found[0].message
    files = {
        "model.onnx": (MODELS / "dynamic.onnx").read_bytes(),
        "amba_config.json": b"{}",
        "calibration/0001.png": b"x",
    }
    request = {
        "InputConfig": {"Framework": "ONNX"},
        "OutputConfig": {"TargetDevice": "amba_cv22"},
    }
    assert check_request(request, look(pack(files))) == []


def test_a_file_that_the_options_name_has_to_be_there() -> None:
    options = '{"class_labels": "labels.txt"}'
    found = with_output(["traced.pth"], "PYTORCH", TargetDevice="coreml", CompilerOptions=options)
    assert codes(found) == ["NEO856"]
    files = {"m.pth": (MODELS / "traced.pth").read_bytes(), "labels.txt": b"cat"}
    request = {
        "InputConfig": {"Framework": "PYTORCH"},
        "OutputConfig": {"TargetDevice": "coreml", "CompilerOptions": options},
    }
    assert check_request(request, look(pack(files))) == []


@pytest.mark.parametrize(
    ("name", "framework", "version", "code"),
    [
        ("saved_model", "TENSORFLOW", "1.15.3", ["NEO860"]),
        ("saved_model", "TENSORFLOW", "2.9", []),
        ("saved_model", "TENSORFLOW", "latest", []),
        ("traced.pth", "PYTORCH", "1.8", ["NEO860"]),
        ("traced.pth", "PYTORCH", "2.0", []),
        ("scripted.pth", "PYTORCH", "1.8", []),
        ("frozen.pb", "TENSORFLOW", "1.15.3", []),
    ],
)
def test_a_model_of_version_2_declared_as_version_1_is_a_warning(
    name: str, framework: str, version: str, code: list[str]
) -> None:
    config = {"Framework": framework, "FrameworkVersion": version, "DataInputConfig": "{}"}
    assert codes(check_request({"InputConfig": config}, look_at(name))) == code
